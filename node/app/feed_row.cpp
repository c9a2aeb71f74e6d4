#include "node/app/feed_row.h"

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "protocol/webvh/did_webvh.h"

namespace vcnode::node {

nlohmann::json feed_row(const feed::FeedSnapshot& snapshot) {
  nlohmann::json missing = nlohmann::json::array();
  for (const Sha256Digest& digest : snapshot.missing_bodies) missing.push_back(hex_encode(digest.view()));
  nlohmann::json pending;
  if (snapshot.pending) {
    pending = {{"size", snapshot.pending->tree.size},
               {"root", hex_encode(snapshot.pending->tree.root.view())},
               {"time", snapshot.pending->time.to_string()}};
  }
  nlohmann::json row{{"issuer", snapshot.issuer.text()},
                     {"origin", snapshot.origin.text()},
                     {"originHash", hex_encode(snapshot.origin.hash().view())},
                     {"size", snapshot.head.tree.size},
                     {"root", hex_encode(snapshot.head.tree.root.view())},
                     {"time", snapshot.head.time.to_string()},
                     {"pending", std::move(pending)},
                     {"missingBodies", std::move(missing)},
                     {"missingCount", snapshot.missing_count},
                     {"contradicted", snapshot.contradicted},
                     {"closed", snapshot.closed},
                     {"falseState", snapshot.false_state}};
  if (const auto did = webvh::DidWebvh::parse(snapshot.issuer.text())) row["scid"] = did->scid();
  return row;
}

nlohmann::json head_row(const std::optional<feed::Origin>& origin, const feed::Head& head) {
  return {{"origin", origin ? nlohmann::json(origin->text()) : nlohmann::json()},
          {"size", head.tree.size},
          {"root", hex_encode(head.tree.root.view())},
          {"time", head.time.to_string()}};
}

}  // namespace vcnode::node
