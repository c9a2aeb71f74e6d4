#include "protocol/feed/publisher.h"

#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "protocol/feed/bits.h"
#include "protocol/feed/codes.h"
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

Result<void> append(Publication& out, const Leaf& leaf, Bytes body) {
  Bytes bytes = leaf.encode();
  VCNODE_CHECK(Leaf::parse(bytes));
  out.leaves.push_back(std::move(bytes));
  out.bodies.push_back(std::move(body));
  return {};
}

std::string digest_text(BytesView body) {
  return hex_encode(sha256(body).view());
}

}  // namespace

struct Publisher::State {
  Options options;
  merkle::Frontier frontier;
  PublishedLists lists;
  std::optional<Head> head;

  [[nodiscard]] const PublishedList* find(std::string_view uri) const;
  [[nodiscard]] Result<void> create(const std::vector<NewList>& new_lists, Drafts& drafts) const;
  [[nodiscard]] Result<void> set(const std::vector<StatusChange>& changes, Drafts& drafts) const;
  [[nodiscard]] Result<void> append_lists(Drafts drafts, Timestamp now, Publication& out) const;
  [[nodiscard]] Result<void> append_statements(const std::vector<NewStatement>& statements,
                                               Publication& out) const;
  [[nodiscard]] Result<Head> sign(const Publication& publication, Timestamp now) const;
  [[nodiscard]] bool suspends() const;
};

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
    Leaf leaf{std::string(kStatusLeaf), StatusLeafKey{uri, next.leaves}.text(), digest_text(body)};
    VCNODE_CHECK(append(out, leaf, std::move(body)));
    next.bitmap = std::make_shared<const status::Bitmap>(std::move(draft.bitmap));
    out.lists.emplace(uri, std::move(next));
  }
  return {};
}

Result<void> Publisher::State::append_statements(const std::vector<NewStatement>& statements,
                                                 Publication& out) const {
  for (const NewStatement& statement : statements) {
    VCNODE_CHECK(parse_statement(statement.id, as_text(statement.signed_text), options.issuer));
    Leaf leaf{std::string(kStatementLeaf), statement.id, digest_text(statement.signed_text)};
    VCNODE_CHECK(append(out, leaf, statement.signed_text));
  }
  return {};
}

Result<Head> Publisher::State::sign(const Publication& publication, Timestamp now) const {
  merkle::Frontier next = frontier;
  for (const Bytes& leaf : publication.leaves) next.append(merkle::leaf_hash(leaf));
  const Timestamp time = head ? std::max(now, head->time.plus_seconds(1)) : now;
  return sign_head(options.origin, {next.size(), next.root()}, time, *options.feed_signer);
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
  auto state = std::unique_ptr<State>(new State{std::move(options), replica.frontier(), {}, replica.head()});
  for (const auto& [uri, leaves] : replica.status_leaf_counts()) state->lists[uri].leaves = leaves;
  if (replica.head()) {
    const auto snapshot = replica.snapshot();
    for (const auto& [uri, held] : snapshot->status_lists) {
      if (held.body != BodyState::held)
        return incomplete(state->options.origin,
                          concat("the newest body of the status list ", excerpt(uri), " is ",
                                 held.body == BodyState::bad ? "bad" : "missing"));
      PublishedList& list = state->lists[uri];
      list.purpose = held.list->purpose;
      list.valid_from = held.list->valid_from;
      list.bitmap = std::make_shared<const status::Bitmap>(held.list->bitmap);
    }
  }
  return Publisher(std::move(state));
}

Result<Publication> Publisher::prepare(const Changes& changes, Timestamp now) const {
  Drafts drafts;
  VCNODE_CHECK(state_->create(changes.new_lists, drafts));
  VCNODE_CHECK(state_->set(changes.status, drafts));
  Publication out;
  out.first_index = size();
  VCNODE_CHECK(state_->append_lists(std::move(drafts), now, out));
  VCNODE_CHECK(state_->append_statements(changes.statements, out));
  if (out.leaves.empty() && head()) {
    out.head = *head();
    return out;
  }
  VCNODE_TRY(out.head, state_->sign(out, now));
  return out;
}

Result<std::optional<Publication>> Publisher::prepare_reassert(Timestamp now) const {
  if (!head()) return std::optional<Publication>();
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
  for (const Bytes& leaf : publication.leaves) state_->frontier.append(merkle::leaf_hash(leaf));
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

}  // namespace vcnode::feed
