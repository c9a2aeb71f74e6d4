// The one way tests include doctest.
#pragma once

#include <doctest/doctest.h>

#include "tests/support/check.h"
