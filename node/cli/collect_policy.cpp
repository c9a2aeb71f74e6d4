#include "node/cli/collect_policy.h"

#include <map>

#include "node/codes/cli_codes.h"
#include "protocol/did/lookup_name.h"

namespace vcnode::cli {
namespace {

// DIDs by lookup name: a feed is asked for by a DID, and views know issuers by their lookup names.
using Book = std::map<std::string, Did, std::less<>>;

void note(Book& book, const Did& did) {
  book.emplace(std::string(lookup_name_of(did.text())), did);
}

void note(Book& book, std::string_view text) {
  if (auto did = Did::parse(text)) note(book, *did);
}

void note_policy(Book& book, const recognition::Policy& policy) {
  for (const auto& anchor : policy.anchors) note(book, std::string_view(anchor.did));
  for (const auto* dids : {&policy.referencing_from, &policy.endorsements_from})
    for (const Did& did : *dids) note(book, did);
}

void note_subjects(Book& book, const feed::FeedSnapshot& feed) {
  for (const auto* entry : feed.statements->entries()) note(book, entry->statement->subject_id);
}

}  // namespace

std::shared_ptr<const feed::FeedSnapshot> RecordingView::feed_of(std::string_view issuer_did) const {
  auto feed = held_.feed_of(issuer_did);
  if (feed == nullptr) missed_.emplace(lookup_name_of(issuer_did));
  return feed;
}

std::shared_ptr<const issuer::History> RecordingView::history_of(std::string_view did) const {
  return held_.history_of(did);
}

void put(verify::SnapshotView& view, const Collected& collected) {
  if (collected.snapshot) view.put(collected.snapshot);
  if (!collected.history || collected.gap) return;
  const std::string scid(collected.history->versions.front().state.did().scid());
  view.put_history(scid, collected.history);
}

Result<void> collect_for_policy(const recognition::Policy& policy, const std::vector<Did>& named,
                                const std::function<void(const verify::View&)>& ask,
                                const std::function<Collected(const Did&)>& collect_one,
                                verify::SnapshotView& view) {
  Book book;
  note_policy(book, policy);
  for (const Did& did : named) note(book, did);
  std::set<std::string, std::less<>> tried;
  for (bool more = true; more;) {
    more = false;
    const RecordingView recording(view);
    ask(recording);
    for (const std::string& name : recording.missed()) {
      const auto known = book.find(name);
      if (known == book.end() || !tried.insert(name).second) continue;
      if (tried.size() > kBodiesOfPolicyMax)
        return fail(codes::POLICY_TOO_WIDE, "the policy leads to more than ", kBodiesOfPolicyMax,
                    " bodies; what the others publish was not asked for: let a node answer (POST /verdict)");
      const Did did = known->second;  // the book grows below
      const Collected collected = collect_one(did);
      put(view, collected);
      if (collected.snapshot) note_subjects(book, *collected.snapshot);
      more = true;
    }
  }
  return {};
}

}  // namespace vcnode::cli
