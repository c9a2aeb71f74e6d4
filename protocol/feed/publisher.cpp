#include "protocol/feed/publisher.h"

#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "protocol/feed/bits.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/issuer_name.h"
#include "protocol/feed/statement.h"
#include "protocol/status/codes.h"

namespace vcnode::feed {
namespace {

constexpr std::int64_t kReassertIdleSeconds = 24 * 3600;
constexpr std::int64_t kReassertSuspensionSeconds = 3600;

// A list while changes are applied to it.
struct Draft {
  PublishedList list;
  status::Bitmap bitmap;
  bool created = false;
};
using Drafts = std::map<std::string, Draft, std::less<>>;

Failure incomplete(const Origin& origin, std::string_view why) {
  return fail(codes::PUBLISHER_STATE_INCOMPLETE, "the feed ", origin.text(),
              " cannot be continued here: ", why);
}
Failure closed_for_good(const Origin& origin) {
  return fail(codes::FEED_CLOSED, "the feed ", origin.text(), " is closed: nothing follows");
}
Failure unknown_list(std::string_view uri) {
  return fail(codes::STATUS_LIST_UNKNOWN, "there is no status list ", excerpt(uri));
}

Result<void> check_entries(const NewList& list) {
  const bool fits = list.entries >= status::kListEntriesMin && list.entries <= status::kListEntriesMax;
  if (fits && list.entries % 8 == 0) return {};
  return fail(codes::STATUS_LIST_SIZE, "the new status list ", excerpt(list.uri), " has ", list.entries,
              " entries, not a multiple of 8 between ", status::kListEntriesMin, " and ",
              status::kListEntriesMax);
}

Result<void> append(Publication& out, std::string_view type, std::string key, std::string digest) {
  Bytes bytes = Leaf{std::string(type), std::move(key), std::move(digest)}.encode();
  VCNODE_CHECK(Leaf::parse(bytes));
  out.leaves.push_back(std::move(bytes));
  return {};
}

// With a body that is kept by its digest.
Result<void> append_body(Publication& out, std::string_view type, std::string key, Bytes body) {
  VCNODE_CHECK(append(out, type, std::move(key), hex_encode(sha256(body).view())));
  out.bodies.push_back(std::move(body));
  return {};
}

// Whether `old` names the epoch before `origin`.
bool is_epoch_before(std::string_view old, const Origin& origin) {
  const auto before = Origin::parse(old);
  const auto name = [](std::string_view text) { return text.substr(0, text.rfind('/')); };
  return before && before->epoch() + 1 == origin.epoch() && name(before->text()) == name(origin.text());
}

}  // namespace

struct Publisher::State {
  Options options;
  merkle::Frontier frontier;
  PublishedLists lists;
  std::optional<Head> head;
  StateMap says;
  StateLeaves state_leaves;
  bool closed = false;

  [[nodiscard]] const PublishedList* find(std::string_view uri) const;
  [[nodiscard]] Result<void> create(const std::vector<NewList>& new_lists, Drafts& drafts) const;
  [[nodiscard]] Result<void> set(const std::vector<StatusChange>& changes, Drafts& drafts) const;
  [[nodiscard]] Result<void> append_lists(Drafts drafts, Timestamp now, Publication& out) const;
  [[nodiscard]] Result<void> append_seal(const std::optional<NewSeal>& seal, Publication& out) const;
  [[nodiscard]] Result<void> append_state(bool begins, Publication& out) const;
  [[nodiscard]] Result<void> append_list_keys(const std::vector<NewListKey>& list_keys,
                                              Publication& out) const;
  [[nodiscard]] Result<void> append_statements(const std::vector<NewStatement>& statements,
                                               Publication& out) const;
  [[nodiscard]] Result<void> append_close(const NewStatement& close, Publication& out) const;
  [[nodiscard]] Result<void> append_leaves(const Changes& changes, Drafts drafts, Timestamp now,
                                           Publication& out) const;
  [[nodiscard]] Result<Head> sign(const Publication& publication, Timestamp now) const;
  [[nodiscard]] bool suspends() const;
  void count_leaf(const Bytes& bytes);  // that was published
};

bool Changes::empty() const {
  return new_lists.empty() && status.empty() && statements.empty() && !seal && entries.empty() &&
         list_keys.empty() && time_batches.empty() && observations.empty() && !close;
}

const PublishedList* Publisher::State::find(std::string_view uri) const {
  const auto found = lists.find(uri);
  return found != lists.end() && found->second.bitmap ? &found->second : nullptr;
}

Result<void> Publisher::State::create(const std::vector<NewList>& new_lists, Drafts& drafts) const {
  for (const NewList& wanted : new_lists) {
    if (find(wanted.uri) || drafts.contains(wanted.uri))
      return fail(codes::STATUS_LIST_EXISTS, "the status list ", excerpt(wanted.uri), " is there already");
    VCNODE_CHECK(check_entries(wanted));
    Draft draft{{}, status::Bitmap::zero(wanted.entries), true};
    if (const auto voided = lists.find(wanted.uri); voided != lists.end()) draft.list = voided->second;
    draft.list.purpose = wanted.purpose;
    drafts.emplace(wanted.uri, std::move(draft));
  }
  return {};
}

Result<void> Publisher::State::set(const std::vector<StatusChange>& changes, Drafts& drafts) const {
  for (const StatusChange& change : changes) {
    auto draft = drafts.find(change.list_uri);
    if (draft == drafts.end()) {
      const PublishedList* held = find(change.list_uri);
      if (!held) return unknown_list(change.list_uri);
      draft = drafts.emplace(change.list_uri, Draft{*held, *held->bitmap, false}).first;
    }
    status::Bitmap& bitmap = draft->second.bitmap;
    VCNODE_TRY(const bool current, bitmap.get(change.index));
    if (current && !change.value && draft->second.list.purpose == status::Purpose::revocation)
      return fail(codes::STATUS_REVOCATION_FINAL, "index ", change.index.value(), " of ",
                  excerpt(change.list_uri), " is revoked, and a revocation is final");
    VCNODE_CHECK(bitmap.set(change.index, change.value));
  }
  return {};
}

Result<void> Publisher::State::append_lists(Drafts drafts, Timestamp now, Publication& out) const {
  for (auto& [uri, draft] : drafts) {
    if (!draft.created && draft.bitmap == *draft.list.bitmap) continue;
    PublishedList next = draft.list;
    next.valid_from = draft.created ? now : std::max(now, next.valid_from.plus_seconds(1));
    next.leaves += 1;
    const status::SignedListOptions signing{uri, next.purpose, options.issuer, options.verification_method,
                                            next.valid_from};
    VCNODE_TRY(const auto text, status::sign_status_list(draft.bitmap, signing, *options.assertion_signer));
    if (text.size() > limits::kBodyBytesMax)
      return fail(codes::STATUS_LIST_SIZE, "the signed status list ", excerpt(uri), " has ", text.size(),
                  " bytes, over the limit of ", limits::kBodyBytesMax);
    Bytes body = to_bytes(text);
    VCNODE_CHECK(append_body(out, kStatusLeaf, StatusLeafKey{uri, next.leaves}.text(), std::move(body)));
    next.bitmap = std::make_shared<const status::Bitmap>(std::move(draft.bitmap));
    out.lists.emplace(uri, std::move(next));
  }
  return {};
}

Result<void> Publisher::State::append_seal(const std::optional<NewSeal>& seal, Publication& out) const {
  const bool begins = options.origin.epoch() > 1 && frontier.size() == 0;
  if (begins != seal.has_value())
    return fail(
        codes::SEAL_MISPLACED, "the feed ", options.origin.text(), " has ", frontier.size(),
        " leaves: ", begins ? "it begins with the seal of the epoch before" : "its next leaf is no seal");
  if (!seal) return {};
  if (!is_epoch_before(seal->old_origin, options.origin))
    return fail(codes::SEAL_MISPLACED, "the seal of ", excerpt(seal->old_origin),
                " is not of the epoch before ", options.origin.text());
  return append(out, kSealLeaf, seal->old_origin, hex_encode(seal->root.view()));
}

// What the feed says is walked once for each state leaf, so those are rare.
Result<void> Publisher::State::append_state(bool begins, Publication& out) const {
  const std::uint64_t index = frontier.size() + out.leaves.size();
  const bool due = begins || (state_leaves.newest ? state_leaves.due_at(index) : index >= kStatePeriodLeaves);
  if (!has_history(options.issuer) || !due) return {};
  StateMap newer;
  for (const Bytes& leaf : out.leaves) newer.put(Leaf::parse(leaf).value());
  return append(out, kStateLeaf, concat(state_leaves.count + 1), hex_encode(says.root_with(newer).view()));
}

Result<void> Publisher::State::append_list_keys(const std::vector<NewListKey>& list_keys,
                                                Publication& out) const {
  for (const NewListKey& list_key : list_keys) {
    if (list_key.signed_text.empty()) {
      VCNODE_CHECK(append(out, kListKeyLeaf, list_key.id, ""));
      continue;
    }
    VCNODE_CHECK(parse_list_delegation(as_text(list_key.signed_text), list_key.id, options.issuer));
    VCNODE_CHECK(append_body(out, kListKeyLeaf, list_key.id, list_key.signed_text));
  }
  return {};
}

Result<void> Publisher::State::append_statements(const std::vector<NewStatement>& statements,
                                                 Publication& out) const {
  for (const NewStatement& statement : statements) {
    VCNODE_TRY(const auto credential,
               parse_statement(statement.id, as_text(statement.signed_text), options.issuer));
    VCNODE_CHECK(read_statement(credential, {}));
    VCNODE_CHECK(append_body(out, kStatementLeaf, statement.id, statement.signed_text));
  }
  return {};
}

Result<void> Publisher::State::append_close(const NewStatement& close, Publication& out) const {
  VCNODE_CHECK(parse_closed(close.id, as_text(close.signed_text), options.issuer));
  return append_body(out, kCloseLeaf, close.id, close.signed_text);
}

// In this order: a list is judged by the version of the DID, and by the delegations, that stand before it. A
// state leaf is never published for its own sake.
Result<void> Publisher::State::append_leaves(const Changes& changes, Drafts drafts, Timestamp now,
                                             Publication& out) const {
  VCNODE_CHECK(append_seal(changes.seal, out));
  for (const NewEntry& entry : changes.entries)
    VCNODE_CHECK(append(out, kWebvhLeaf, concat(entry.number), entry.version_id));
  out.entries = changes.entries;
  VCNODE_CHECK(append_state(changes.seal.has_value(), out));
  VCNODE_CHECK(append_list_keys(changes.list_keys, out));
  VCNODE_CHECK(append_lists(std::move(drafts), now, out));
  VCNODE_CHECK(append_statements(changes.statements, out));
  for (const NewObservation& observation : changes.observations)
    VCNODE_CHECK(append_body(out, kObservationLeaf, observation.key, observation.body));
  for (const NewTimeBatch& batch : changes.time_batches)
    VCNODE_CHECK(append(out, kTimeBatchLeaf, concat(batch.number), hex_encode(batch.root.view())));
  if (changes.close) VCNODE_CHECK(append_close(*changes.close, out));
  if (out.leaves.size() == 1 && Leaf::parse(out.leaves.front()).value().type == kStateLeaf)
    out.leaves.clear();
  return {};
}

Result<Head> Publisher::State::sign(const Publication& publication, Timestamp now) const {
  merkle::Frontier next = frontier;
  for (const Bytes& leaf : publication.leaves) next.append(merkle::leaf_hash(leaf));
  const Timestamp time = head ? std::max(now, head->time.plus_seconds(1)) : now;
  return sign_head(options.origin, {next.size(), next.root()}, time, *options.feed_signer);
}

void Publisher::State::count_leaf(const Bytes& bytes) {
  const Leaf leaf = Leaf::parse(bytes).value();
  if (has_history(options.issuer)) {
    const bool voided = leaf.type == kStateLeaf && !state_leaves.count_leaf(leaf, frontier.size());
    VCNODE_ASSERT(!voided);
    says.put(leaf);
  }
  if (leaf.type == kCloseLeaf) closed = true;
  frontier.append(merkle::leaf_hash(bytes));
}

bool Publisher::State::suspends() const {
  return std::any_of(lists.begin(), lists.end(), [](const auto& entry) {
    const PublishedList& list = entry.second;
    return list.purpose == status::Purpose::suspension && list.bitmap && any_set(*list.bitmap);
  });
}

Publisher::Publisher(std::unique_ptr<State> state) : state_(std::move(state)) {}
Publisher::Publisher(Publisher&&) noexcept = default;
Publisher& Publisher::operator=(Publisher&&) noexcept = default;
Publisher::~Publisher() = default;

Result<Publisher> Publisher::open(Options options, const FeedReplica& replica) {
  const Origin& origin = options.origin;
  if (!(origin == replica.origin()) || options.issuer != replica.issuer())
    return incomplete(origin, concat("what is held is the feed ", replica.origin().text(), " of ",
                                     replica.issuer().text()));
  if (options.feed_signer->public_key() != replica.feed_key())
    return incomplete(origin, "the feed key at hand is another one");
  if (replica.contradicted()) return incomplete(origin, "a signed head contradicts it");
  if (replica.pending())
    return incomplete(origin, concat("a head of size ", replica.pending()->tree.size,
                                     " was signed, and only ", replica.size(), " leaves are held"));
  if (replica.seal()) return incomplete(origin, concat("it is sealed at ", replica.seal()->size, " leaves"));
  if (replica.closed()) return closed_for_good(origin);
  auto state = std::unique_ptr<State>(new State{std::move(options),
                                                replica.frontier(),
                                                {},
                                                replica.head(),
                                                replica.state_map(),
                                                replica.state_leaves()});
  for (const auto& [uri, leaves] : replica.status_leaf_counts()) state->lists[uri].leaves = leaves;
  for (const auto& [uri, held] : replica.status_lists()) {
    if (held.body != BodyState::held)
      return incomplete(state->options.origin,
                        concat("the newest body of the status list ", excerpt(uri), " is ",
                               held.body == BodyState::bad ? "bad" : "missing"));
    PublishedList& list = state->lists[uri];
    list.purpose = held.list->purpose;
    list.valid_from = held.list->valid_from;
    list.bitmap = std::make_shared<const status::Bitmap>(held.list->bitmap);
  }
  return Publisher(std::move(state));
}

Result<Publication> Publisher::prepare(const Changes& changes, Timestamp now) const {
  if (state_->closed && !changes.empty()) return closed_for_good(state_->options.origin);
  Drafts drafts;
  VCNODE_CHECK(state_->create(changes.new_lists, drafts));
  VCNODE_CHECK(state_->set(changes.status, drafts));
  Publication out;
  out.first_index = size();
  VCNODE_CHECK(state_->append_leaves(changes, std::move(drafts), now, out));
  if (out.leaves.empty() && head()) {
    out.head = *head();
    return out;
  }
  VCNODE_TRY(out.head, state_->sign(out, now));
  return out;
}

Result<std::optional<Publication>> Publisher::prepare_reassert(Timestamp now) const {
  if (!head() || state_->closed) return std::optional<Publication>();
  const std::int64_t past_slot =
      (now.seconds() - reassert_offset(state_->options.origin.hash())) % kReassertPeriodSeconds;
  const Timestamp slot = now.plus_seconds(-((past_slot + kReassertPeriodSeconds) % kReassertPeriodSeconds));
  const std::int64_t age_max = state_->suspends() ? kReassertSuspensionSeconds : kReassertIdleSeconds;
  // Due when waiting for the next slot would let the head grow older than that.
  if (slot <= head()->time || slot.seconds() + kReassertPeriodSeconds - head()->time.seconds() <= age_max)
    return std::optional<Publication>();
  Publication out;
  out.first_index = size();
  VCNODE_TRY(out.head, state_->sign(out, slot));
  return std::optional<Publication>(std::move(out));
}

void Publisher::commit(const Publication& publication) {
  VCNODE_ASSERT(publication.first_index == size());
  VCNODE_ASSERT(!head() || publication.head.time > head()->time || publication.head.note == head()->note);
  for (const Bytes& bytes : publication.leaves) state_->count_leaf(bytes);
  VCNODE_ASSERT(state_->frontier.root() == publication.head.tree.root);
  for (const auto& [uri, list] : publication.lists) state_->lists.insert_or_assign(uri, list);
  state_->head = publication.head;
}

Timestamp Publisher::earliest_next() const noexcept {
  return head() ? head()->time.plus_seconds(1) : Timestamp();
}
std::uint64_t Publisher::size() const noexcept {
  return state_->frontier.size();
}
const std::optional<Head>& Publisher::head() const noexcept {
  return state_->head;
}

Result<bool> Publisher::bit(std::string_view list_uri, status::StatusIndex index) const {
  const PublishedList* list = state_->find(list_uri);
  if (!list) return unknown_list(list_uri);
  return list->bitmap->get(index);
}

bool Publisher::has_list(std::string_view list_uri) const {
  return state_->find(list_uri) != nullptr;
}

std::optional<status::Purpose> Publisher::purpose_of(std::string_view list_uri) const {
  const PublishedList* list = state_->find(list_uri);
  return list ? std::optional(list->purpose) : std::nullopt;
}

}  // namespace vcnode::feed
