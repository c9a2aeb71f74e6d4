// What the gossip engine remembers, and the parts it is made of; private to protocol/gossip.
//
// One file per idea: links.cpp (frames in and out, time-outs, closing), handshake.cpp, dialing.cpp,
// repair.cpp (record maps), pulling.cpp (a feed's head and leaves from a peer), adopting.cpp (from verified
// to durable to accepted), bodies.cpp, serving.cpp (answers and pushes), start_check.cpp (may an issuer
// sign), issuers.cpp (did:webvh issuers, their epochs), logs.cpp (their entries), sealing.cpp (leaves of
// epochs whose seal is known), branches.cpp (another log of an epoch than the one held), admitting.cpp (whom
// the roots sponsor), status.cpp (peers for people, invariants), engine.cpp (steps and time).
//
// Two rules keep it simple to reason about. Nobody erases a peer while a step is being worked off: a peer is
// doomed, and reaped at the end of the step. And every way a feed can grow goes through one slot per feed,
// its Adoption: what the extension was computed from is still true when it is accepted.
#pragma once

#include <deque>
#include <set>
#include <utility>

#include "protocol/gossip/admission_state.h"
#include "protocol/gossip/credit.h"
#include "protocol/gossip/engine.h"
#include "protocol/gossip/feed_state.h"
#include "protocol/gossip/standing.h"

namespace vcnode::gossip {

using NodeKey = Ed25519PublicKey;

// How many peers one pending head is asked of before the next repair.
inline constexpr std::size_t kPullTriesMax = 4;
// Verified heads per feed that its log is checked against as it grows.
inline constexpr std::size_t kUnprovedMax = 4;
// Bodies that wait in memory for their feed, per feed.
inline constexpr std::size_t kBasketBytesMax = 8 * 1024 * 1024;
// A peer's record maps are answered at most this often: an answer hashes and lists every shared feed.
inline constexpr std::int64_t kExchangeMsMin = 1'000;
// Exchanges in a row after which claims that came to nothing are not followed up, and for how long.
inline constexpr int kFruitlessMax = 3;
inline constexpr std::int64_t kRepairPauseMs = 3'600'000;
// What failed for want of disk or memory is tried again after the repair period, doubling up to this.
inline constexpr std::int64_t kSetBackMsMax = 3'600'000;
// An hour of back-off is forgotten once a link has held this long.
inline constexpr std::int64_t kLinkProvenMs = 10'000;
// Answers of distinct peers that the start check remembers per issuer.
inline constexpr std::size_t kStartAnswersMax = 64;
inline constexpr std::size_t kStartPeersMax = 3;  // k = min(3, configured peers)

struct Request {
  enum class Kind : std::uint8_t { feed, bodies, log, seal, closing, branch };
  Kind kind = Kind::feed;
  OriginHash origin;         // of log, seal and branch: the topic
  std::uint64_t basket = 0;  // of a bodies request
  MonotonicTime deadline;
  bool answered = false;  // the answer's note is being verified; the slot stays taken
};

struct ParkedPush {
  wire::HeadPush push;
  std::size_t frame_bytes = 0;  // credit that comes back once it is verified
};

struct Doom {
  Error reason;
  std::uint64_t limit = 0;
  bool lost = false;  // the driver closed it already
};

struct Peer {
  Peer(PeerUp up, const Limits& limits);

  PeerId id;
  Role our_role;
  wire::ChannelBinding binding;
  std::string address;
  std::optional<wire::HelloOffer> offer;    // origins are in `named` once ready
  bool ready = false;                       // its key is proved
  std::int64_t clock_offset_seconds = 0;    // its clock as last told, from the zero of our monotonic clock
  std::optional<std::uint64_t> ping_nonce;  // of the ping that was not answered yet
  std::optional<Doom> doom;
  MonotonicTime up_at;
  MonotonicTime ready_at;
  MonotonicTime heard_at;
  MonotonicTime pinged_at;
  std::optional<MonotonicTime> stuck_since;  // frames wait for credit
  std::string last_error;

  Outbox outbox;
  Intake intake;
  ControlBudget control;
  std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;

  std::vector<OriginHash> named;  // sorted: did:key origins and topics that it said it reconciles
  bool names_changed = false;     // since they were compared with ours
  MonotonicTime names_compared_at;
  bool more_shared = false;                  // than when records were last compared
  std::uint64_t hello_generation = 0;        // of our own names, as our hello listed them
  std::vector<OriginHash> wanted;            // sorted: those that both name
  std::vector<OriginHash> topics;            // sorted: those of `wanted` that are topics
  std::vector<OriginHash> shared;            // sorted: the feeds of `wanted`, sealed ones included
  std::map<OriginHash, wire::Record> known;  // of feeds: what the peer has said or shown it holds
  std::map<OriginHash, wire::Record> logs;   // of topics, in the same way
  // The claim of a log that was asked for and brought nothing, and our own generation then.
  std::map<OriginHash, std::pair<Sha256Digest, std::uint64_t>> vain_logs;
  EntryBudget entry_budget;
  std::map<std::uint64_t, Request> requests;  // ours
  std::deque<wire::Frame> serving;            // GetFeed and GetBodies of theirs
  std::size_t verifying = 0;                  // heads of pushes
  std::deque<ParkedPush> parked;              // pushes beyond verify_queue_max

  MonotonicTime exchanged_at;
  std::optional<MonotonicTime> map_answered_at;
  bool proved = false;  // showed a head we lacked since the last exchange
  bool answered_vainly = false;
  int fruitless = 0;
  std::optional<MonotonicTime> paused_until;

  [[nodiscard]] bool usable() const noexcept { return ready && !doom; }
  [[nodiscard]] bool shares(const OriginHash& origin) const;
  [[nodiscard]] bool follows(const OriginHash& topic) const;
  [[nodiscard]] const NodeKey& node_key() const;  // REQUIRES: offer
};

struct Address {
  PeerAddress config;
  std::optional<PeerId> link;
  std::optional<NodeKey> known_key;  // proved on some link to this address
  bool ourselves = false;
  bool dialing = false;
  MonotonicTime dial_at;
  std::int64_t backoff_ms = 0;
  std::string last_error;
};

// A head's signatures being checked, for everybody who sent that very note.
struct HeadSource {
  PeerId peer;
  std::optional<ParkedPush> push;  // none: an answer to our pull
};
struct HeadJob {
  OriginHash origin;
  Ed25519PublicKey key;  // an epoch may have another one before the check is done
  Sha256Digest note;
  std::vector<HeadSource> sources;
};
struct BodyJob {
  OriginHash origin;
  std::uint64_t basket = 0;
};

struct Engine::State {
  State(Options options, Signer& node_key, const FeedArchive& archive,
        std::vector<feed::FeedReplica> replicas, std::vector<RestoredIssuer> restored);

  const Options options;
  Signer& node_key;
  const FeedArchive& archive;
  SeededRng rng;
  Now now;
  bool started = false;
  Outputs outputs;
  Counters counters;
  StandingBook standing;

  std::map<OriginHash, Feed> feeds;
  std::map<OriginHash, Issuer> issuers;  // by topic
  Admission admission;
  // The epochs of all issuers, as far as their histories name them.
  std::map<OriginHash, std::pair<Issuer*, std::uint64_t>> epochs;
  std::map<PeerId, Peer> peers;
  std::map<std::string, Address> addresses;   // by URL
  std::map<OriginHash, HostedIssuer> hosted;  // by origin, or topic
  // What configured peers said about a hosted issuer's feed, or log, since the start, by node key.
  std::map<OriginHash, std::map<NodeKey, std::optional<wire::Record>>> start_answers;
  std::set<OriginHash> started_hosted;  // start check passed
  bool clock_ahead = false;

  std::map<Token, std::variant<HeadJob, BodyJob>> verifying;
  std::map<std::pair<OriginHash, Sha256Digest>, Token> verifying_notes;
  std::map<Token, OriginHash> persisting;
  std::map<Token, IssuerSave> saving;
  std::set<OriginHash> hungry;        // feeds with sources to ask and no pull under way
  std::set<OriginHash> holding_back;  // feeds with a head dated too far ahead
  std::uint64_t last_number = 0;      // tokens, requests, baskets
  MonotonicTime repair_at;

  // engine.cpp
  void host(HostedIssuer issuer);
  void step(Input input, const Now& at);
  void start();
  void run_timers();
  [[nodiscard]] MonotonicTime next_deadline() const;
  [[nodiscard]] MonotonicTime peer_deadline(const Peer& peer) const;
  [[nodiscard]] MonotonicTime feeds_deadline() const;
  void take(Tick) {}
  void take(Verified verified);
  void emit(Event event);
  [[nodiscard]] std::uint64_t next_number() { return ++last_number; }
  [[nodiscard]] Feed* find_feed(const OriginHash& origin);
  [[nodiscard]] Peer* find_usable(PeerId peer);
  void delay(const Feed& feed, std::optional<PeerId> peer, const Error& reason);
  void set_back(Feed& feed, std::optional<PeerId> peer, const Error& reason);
  void feed_changed(const Feed& feed);

  // status.cpp
  [[nodiscard]] std::vector<PeerStatus> peer_statuses() const;
  [[nodiscard]] PeerStatus status_of(const Peer& peer) const;
  void check_invariants() const;
  void check_peer(const Peer& peer) const;
  void check_feed(const Feed& feed) const;
  void check_request(const Peer& peer, std::uint64_t number, const Request& request) const;
  void check_issuer(const Issuer& issuer) const;

  // links.cpp
  void take(PeerUp up);
  void take(const PeerDown& down);
  void take(const FrameIn& frame);
  void take_ready_frame(Peer& peer, const Bytes& bytes);
  [[nodiscard]] bool within_credit(Peer& peer, bool free, std::size_t bytes);
  void send_free(Peer& peer, const wire::Frame& frame);
  void send(Peer& peer, Priority priority, const wire::Frame& frame);
  void drain(Peer& peer);
  void refuse(Peer& peer, std::uint64_t request, const Error& reason, std::uint64_t limit);
  // The standing after it. punish() also tells the peer, and ends the link when that is too low.
  int charge(Peer& peer, int cost, const Error& reason);
  void punish(Peer& peer, int cost, const Error& reason, std::uint64_t limit = 0);
  void doom(Peer& peer, const Error& reason, std::uint64_t limit = 0);
  void reap();
  void bury(Peer peer);
  void run_peer_timers(Peer& peer);
  void keep_alive(Peer& peer);
  void expire_requests(Peer& peer);
  void on(Peer& peer, const wire::HelloProof&);
  void on(Peer& peer, const wire::Credit& credit);
  void on(Peer& peer, const wire::Refusal& refusal);
  void on(Peer& peer, const wire::Ping& ping);
  void on(Peer& peer, const wire::Pong& pong);

  // handshake.cpp
  [[nodiscard]] wire::HelloOffer own_offer() const;
  void offer_hello(Peer& peer);
  void take_hello_frame(Peer& peer, const Bytes& bytes);
  [[nodiscard]] Result<void> take_offer(Peer& peer, wire::HelloOffer offer);
  [[nodiscard]] Result<void> take_proof(Peer& peer, const wire::HelloProof& proof);
  [[nodiscard]] Result<void> check_offer(const Peer& peer, const wire::HelloOffer& offer);
  [[nodiscard]] Result<void> prove_hello(Peer& peer);
  void become_ready(Peer& peer);
  [[nodiscard]] Result<void> admit(Peer& peer);
  [[nodiscard]] Result<void> settle_duplicate(Peer& peer, Peer& other);
  [[nodiscard]] std::size_t inbound(bool ready) const;

  // dialing.cpp
  void run_dialing();
  void take(DialFailed failed);
  [[nodiscard]] Address* address_of(const Peer& peer);
  void link_up(const Peer& peer);
  void link_ready(const Peer& peer);
  void link_down(const Peer& peer, const Error& reason);
  void schedule_dial(Address& address);
  [[nodiscard]] bool connected_to(const NodeKey& key) const;

  // admitting.cpp
  void seat_roots();
  [[nodiscard]] static OriginHash name_of_feed(const Feed& feed);
  [[nodiscard]] statement::SponsorLog said_by(const OriginHash& place);
  void sponsor_changed(const OriginHash& place);
  void settle_admission();
  void compute_admission();
  [[nodiscard]] bool seat_newcomers(std::vector<std::string>& came);
  [[nodiscard]] Result<void> seat(const Did& did);
  [[nodiscard]] Result<void> seat_history(const Did& did);
  void name_admitted(std::vector<std::string>& left);
  void tell_names(Peer& peer);
  void tell_names_again(Peer& peer);
  void on(Peer& peer, wire::HelloOffer offer);
  void run_names(Peer& peer);
  [[nodiscard]] static std::optional<MonotonicTime> names_due(const Peer& peer);
  void compare_names(Peer& peer);

  // repair.cpp
  [[nodiscard]] wire::Record record_of(const Feed& feed) const;  // REQUIRES: a head
  [[nodiscard]] std::vector<wire::Record> shared_records(const Peer& peer) const;
  [[nodiscard]] wire::MapSummary summary_for(const Peer& peer) const;
  void schedule_repair();
  void run_repair();
  void start_exchange(Peer& peer);
  void send_records(Peer& peer, bool reply);
  [[nodiscard]] bool may_answer_map(Peer& peer);
  void on(Peer& peer, const wire::MapSummary& summary);
  void on(Peer& peer, const wire::MapRecords& records);
  void exchange_done(Peer& peer, bool equal);
  [[nodiscard]] std::optional<Error> judge_fruit(Peer& peer);
  [[nodiscard]] bool dated_ahead(Timestamp time) const;
  [[nodiscard]] bool claims_more(const Feed& feed, const wire::Record& record) const;

  // pulling.cpp
  void want(Feed& feed, PeerId peer);
  void want_elsewhere(Feed& feed);
  [[nodiscard]] bool worth_asking(const Feed& feed, const Peer& peer) const;
  void pump_pulls();
  [[nodiscard]] bool start_pull(Feed& feed);
  void begin_pull(Feed& feed, Peer& peer);
  void begin_audit(Feed& feed, Peer& peer);
  void ask_leaves(Feed& feed, Peer& peer);
  void on(Peer& peer, const wire::FeedPart& part);
  void answer_verified(Feed& feed, Peer& peer, const feed::Head& head, std::vector<Bytes> leaves);
  void accuse(Feed& feed, Peer& peer, int cost, const Failure& reason);
  void absorb(Feed& feed, Peer& peer, std::vector<Bytes> leaves);
  [[nodiscard]] Result<void> check_claim(const Feed& feed, const Peer& peer, const Pull& pull,
                                         std::uint64_t size, const Sha256Digest& root) const;
  [[nodiscard]] std::size_t pulled_bytes() const;
  void extend_by_pull(Feed& feed);
  void judge_mismatch(Feed& feed, const Error& reason);
  void end_pull(Feed& feed);
  void pull_failed(Feed& feed);
  [[nodiscard]] std::uint64_t add_request(Peer& peer, Request request);
  [[nodiscard]] std::optional<Request> take_request(Peer& peer, std::uint64_t number, Request::Kind kind);
  void request_failed(const Peer& peer, std::uint64_t number, const Request& request, const Failure& reason);

  // adopting.cpp
  void on(Peer& peer, wire::HeadPush push, std::size_t frame_bytes);
  [[nodiscard]] bool take_push(Peer& peer, ParkedPush& push);
  void check_head(Feed& feed, const std::string& note, HeadSource source);
  void head_checked(HeadJob job, HeadChecked outcome);
  [[nodiscard]] bool of_another_history(Feed& feed, const Peer& peer, std::string_view note);
  void push_verified(Feed& feed, const feed::Head& head, Peer* peer, const wire::HeadPush& push);
  void pull_answer_checked(Feed& feed, Peer& peer, const HeadJob& job, const HeadChecked& outcome);
  void unpark(Peer& peer);
  void hold_back(Feed& feed, const feed::Head& head, std::optional<PeerId> peer);
  [[nodiscard]] std::optional<merkle::TreeHead> refuted_by(const Feed& feed, const Adoption& adoption) const;
  void release_held_back();
  void raise_pending(Feed& feed, const feed::Head& head);
  void freeze(Feed& feed, merkle::TreeHead other, std::optional<PeerId> peer);
  [[nodiscard]] bool adopt_inline(Feed& feed, const feed::Head& head, PeerId peer,
                                  const wire::HeadPush& push);
  void start_adoption(Feed& feed, Adoption adoption, std::vector<Bytes> bodies);
  void advance(Feed& feed);
  void publish_next(Feed& feed);
  void adopt_time(Feed& feed);
  void persist(Feed& feed);
  void finish(Feed& feed);
  void take(Publish publish);
  void take(Persisted persisted);

  // bodies.cpp
  [[nodiscard]] std::size_t fill(Feed& feed, BodyBasket& basket, std::vector<Bytes> bodies);
  [[nodiscard]] bool ask_bodies(Feed& feed, BodyBasket& basket, Peer& peer);
  void on(Peer& peer, wire::Bodies bodies);
  void body_checked(const BodyJob& job, feed::CheckedBody body);
  void want_bodies(Feed& feed, Peer& peer);
  void want_bodies_elsewhere(Feed& feed);
  void next_body_batch(Feed& feed);
  void adopt_bodies(Feed& feed);  // REQUIRES: a settled body pull and a free slot

  // serving.cpp
  void on(Peer& peer, const wire::GetFeed& request);
  void on(Peer& peer, const wire::GetBodies& request);
  void queue_request(Peer& peer, std::uint64_t number, wire::Frame request);
  void serve(Peer& peer);
  [[nodiscard]] Result<wire::FeedPart> answer_of(const wire::GetFeed& request);
  void serve_feed(Peer& peer, const wire::GetFeed& request);
  void serve_bodies(Peer& peer, const wire::GetBodies& request);
  void announce(const Feed& feed, const Adoption& adoption);
  void push_ours(Peer& peer, const Feed& feed);
  [[nodiscard]] bool knows(const Peer& peer, const Feed& feed) const;

  // issuers.cpp
  void install(Issuer& issuer, RestoredIssuer restored);
  void install_stored(Issuer& issuer, RestoredIssuer restored, std::size_t stored);
  void retire(const OriginHash& origin);
  void name_epochs(Issuer& issuer);
  void share_feeds();
  void share_feeds(Peer& peer) const;
  [[nodiscard]] Issuer* find_issuer(const OriginHash& topic);
  [[nodiscard]] Feed* current_feed(const Issuer& issuer);
  [[nodiscard]] bool fits(const Issuer& issuer, const issuer::History& history) const;
  void entries_changed(Issuer& issuer);
  void leaves_accepted(Feed& feed);
  void settle_issuers();
  void rebuild(Issuer& issuer);
  void show_rebuilt(Issuer& issuer, const std::vector<SealedFeed>& sealed_before,
                    const std::string& note_before);
  void emit_issuer(const Issuer& issuer);
  void pump_issuers();
  void compare_issuers(Peer& peer);
  void forget(PeerId peer);
  [[nodiscard]] Issuer* issuer_of(const Publish& publish);
  void publish_of_history(Issuer& issuer, Publish publish);
  void issuer_request_failed(const Peer& peer, std::uint64_t number, const Request& request,
                             const Error& reason);
  void delay(const Issuer& issuer, std::optional<PeerId> peer, const Error& reason);
  [[nodiscard]] std::shared_ptr<issuer::PlacedKeys> keys_after(
      const Feed& feed, const feed::FeedReplica::Extension& next) const;
  [[nodiscard]] std::shared_ptr<const Resolver> keys_for(const Feed& feed, const BodyBasket& basket,
                                                         const feed::BodyNeed& need) const;
  void drop_unjudged(const Feed& feed, issuer::PlacedKeys* keys, std::vector<feed::BodyNeed>& needs) const;

  // logs.cpp
  void on(Peer& peer, const wire::GetLog& request);
  void serve_log(Peer& peer, const wire::GetLog& request);
  void on(Peer& peer, const wire::LogPart& part);
  void compare_log(Peer& peer, Issuer& issuer, const wire::Record& record);
  void want_log(Issuer& issuer, PeerId peer);
  void want_log_elsewhere(Issuer& issuer);
  void pump_log(Issuer& issuer);
  void ask_log(Issuer& issuer, Peer& peer);
  void log_pull_ended(Issuer& issuer, bool answered);
  [[nodiscard]] Result<void> check_order(Issuer& issuer, const Peer& peer, const webvh::VersionId& id);
  static void note_unheld(Issuer& issuer, const issuer::EntryBody& body);
  bool take_entries(Issuer& issuer, Peer& peer, const wire::LogPart& part);
  [[nodiscard]] static bool is_fault(Code code);
  [[nodiscard]] Result<bool> offer_entry(Issuer& issuer, ParkedEntry entry);
  void take_parked(Issuer& issuer);
  void entry_held(Issuer& issuer, const ParkedEntry& entry);
  void save(Issuer& issuer);
  void save_again();
  void saved(const IssuerSave& save, const std::optional<Error>& error);

  // sealing.cpp
  void want_seal(Issuer& issuer, PeerId peer);
  void pump_seal(Issuer& issuer);
  void ask_sealed(Issuer& issuer, Peer& peer);
  void take_sealed(Issuer& issuer, Peer& peer, const wire::FeedPart& part);
  void seal_reached(Issuer& issuer, Peer& peer);
  void save_sealed(Issuer& issuer);
  void save_leaves(Issuer& issuer, StoreBatch batch);
  void seal_pull_ended(Issuer& issuer);
  [[nodiscard]] bool take_epoch_push(Peer& peer, const wire::HeadPush& push);
  void take_epoch_record(Peer& peer, const wire::Record& record);
  [[nodiscard]] std::optional<Bytes> closing_leaf_of(const Issuer& issuer, const SealedFeed& sealed) const;
  [[nodiscard]] std::optional<merkle::TreeHead> closed_tree(const Issuer& issuer,
                                                            const SealedFeed& sealed) const;
  void ask_closings(Issuer& issuer, Peer& peer);
  void take_closing(const OriginHash& origin, Peer& peer, const std::string& note);
  void take_closing(Issuer& issuer, std::uint64_t epoch, Peer& peer, const std::string& note);
  void push_closing(const Issuer& issuer, const SealedFeed& sealed);

  // branches.cpp
  [[nodiscard]] std::optional<std::uint64_t> doubtful_epoch(
      Issuer& issuer, PeerId peer, const std::vector<issuer::EntryBody>& entries) const;
  void want_branch(Issuer& issuer, Peer& peer, std::vector<issuer::EntryBody> entries);
  void ask_branch(Issuer& issuer, Peer& peer);
  void take_branch(Issuer& issuer, Peer& peer, const wire::FeedPart& part);
  void branch_reached(Issuer& issuer);
  void replace_branch(Issuer& issuer, const Trial& trial);
  void branch_ended(Issuer& issuer);
  void store_replacement(Issuer& issuer);

  // start_check.cpp
  void note_answers(const Peer& peer);
  void forget_answers(const NodeKey& key);
  void run_start_checks();
  void watch_clock();
  void set_clock_of(Peer& peer, Timestamp told);
  [[nodiscard]] std::optional<std::int64_t> clock_difference(const Peer& peer) const;
  [[nodiscard]] std::optional<std::int64_t> seconds_ahead() const;
  [[nodiscard]] bool configured(const NodeKey& key) const;
  [[nodiscard]] std::size_t answers_needed() const;
  [[nodiscard]] bool feed_agrees(const OriginHash& origin, const NodeKey& peer) const;
  [[nodiscard]] bool log_agrees(const Issuer& issuer, const NodeKey& peer) const;
  [[nodiscard]] std::size_t answers_agreeing(const OriginHash& hosted) const;
  [[nodiscard]] OriginHash hosted_name(const OriginHash& origin) const;
  [[nodiscard]] std::optional<Error> why_not_continue(const Issuer& issuer, const OriginHash& origin) const;
  [[nodiscard]] std::optional<Error> why_not_sign(const OriginHash& origin) const;
};

// The signed tree of a note whose signatures nobody checked; good for telling what is not worth checking.
[[nodiscard]] Result<merkle::TreeHead> peek_tree(std::string_view note);
[[nodiscard]] std::string name_of(const Peer& peer);
// ORIGIN_NOT_SHARED. `what`: "the head", "request 7 for the log"…
[[nodiscard]] Error not_shared(const Peer& peer, std::string_view what, const OriginHash& origin);

}  // namespace vcnode::gossip
