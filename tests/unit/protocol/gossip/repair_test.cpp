#include "tests/unit/protocol/gossip/fixtures.h"
