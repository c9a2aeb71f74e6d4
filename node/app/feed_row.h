// One feed as /feeds and /histories/{scid} show it (protocol/spec/http-api.md, "Public objects").
// Threading: pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "protocol/feed/replica.h"

namespace vcnode::node {

[[nodiscard]] nlohmann::json feed_row(const feed::FeedSnapshot& snapshot);
// A head of a hosted issuer, as answers about what was published show it.
[[nodiscard]] nlohmann::json head_row(const std::optional<feed::Origin>& origin, const feed::Head& head);

}  // namespace vcnode::node
