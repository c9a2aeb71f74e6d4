#include "node/cli/vouchers.h"

namespace vcnode::cli {

std::shared_ptr<const issuer::History> whole_history(const Collected& collected) {
  return collected.gap ? nullptr : collected.history;
}

void FeedLibrary::keep(const Did& issuer, const Collected& collected) {
  Collected kept;
  kept.snapshot = collected.snapshot;
  kept.history = collected.history;
  kept.gap = collected.gap;
  read_.insert_or_assign(std::string(lookup_name_of(issuer.text())), std::move(kept));
}

const Collected& FeedLibrary::of(const Did& issuer) {
  std::string name(lookup_name_of(issuer.text()));
  const auto known = read_.find(name);
  if (known != read_.end()) return known->second;
  return read_.emplace(std::move(name), collect(issuer, peers_, now_, how_)).first->second;
}

void FeedLibrary::add_feed(const Did& issuer, verify::Speakers& out) {
  const Collected& collected = of(issuer);
  if (collected.snapshot) out.feeds.push_back({collected.snapshot, whole_history(collected)});
}

verify::Speakers FeedLibrary::about(const Did& issuer) {
  verify::Speakers out;
  if (peers_.empty()) return out;
  add_feed(issuer, out);
  const auto found = find_issuers(peers_, {std::nullopt, issuer.text(), std::nullopt, {}}, how_.connect_to);
  out.more = found.more;
  std::size_t read = 0;
  for (const auto& [name, did] : found.dids) {
    if (name == lookup_name_of(issuer.text())) continue;
    if (read++ == kVouchersReadMax) {
      out.more = true;
      break;
    }
    if (const auto parsed = Did::parse(did)) add_feed(*parsed, out);
  }
  return out;
}

}  // namespace vcnode::cli
