// What the gossip engine remembers, and the parts it is made of; private to protocol/gossip.
//
// One file per idea: links.cpp (frames in and out, time-outs, closing), handshake.cpp, dialing.cpp,
// repair.cpp (record maps), pulling.cpp (a feed's head and leaves from a peer), adopting.cpp (from verified
// to durable to accepted), bodies.cpp, serving.cpp (answers and pushes), start_check.cpp (may an issuer
// sign), status.cpp (peers for people, invariants), engine.cpp (steps and time).
//
// Two rules keep it simple to reason about. Nobody erases a peer while a step is being worked off: a peer is
// doomed, and reaped at the end of the step. And every way a feed can grow goes through one slot per feed,
// its Adoption: what the extension was computed from is still true when it is accepted.
#pragma once

#include <deque>
#include <set>
#include <utility>

#include "protocol/gossip/credit.h"
#include "protocol/gossip/engine.h"
#include "protocol/gossip/standing.h"

namespace vcnode::gossip {

using feed::OriginHash;
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

// Bodies on their way: asked for, arrived and being checked.
struct BodyBasket {
  std::uint64_t id = 0;
  std::vector<feed::BodyNeed> needs;
  std::map<Sha256Digest, Bytes> bodies;  // arrived; the digests match
  std::set<Sha256Digest> not_held;
  std::vector<feed::CheckedBody> checked;
  std::size_t checking = 0;  // Verify outputs under way
  bool asking = false;       // a GetBodies is under way
  bool asked = false;        // one was sent
  std::size_t bytes = 0;     // of `bodies`

  [[nodiscard]] bool settled() const noexcept { return !asking && checking == 0; }
  [[nodiscard]] std::vector<Sha256Digest> open()
      const;  // neither arrived nor refused; sorted, at most one frame's worth
};

// One way a feed is about to grow. One per feed at a time.
struct Adoption {
  std::optional<PeerId> source;                             // none: a hosted issuer's own publication
  bool durable = false;                                     // is on disk already
  std::optional<feed::Head> head;                           // none: bodies only
  std::unique_ptr<feed::FeedReplica::Extension> extension;  // none: the tree stays as it is
  std::uint64_t first_index = 0;
  std::vector<Bytes> leaves;
  BodyBasket basket;
  std::optional<Token> persisting;
};

// The leaves of one feed on their way from one peer.
struct Pull {
  PeerId peer;
  std::uint64_t request = 0;
  std::optional<wire::Record> claim;         // what the peer had said about the feed when it was asked
  std::optional<feed::Head> target;          // verified head the leaves must lead to
  std::optional<wire::FeedPart> unverified;  // first answer, while its note is being verified
  std::uint64_t first_index = 0;             // of leaves.front()
  std::uint64_t next_index = 0;              // to be asked for next
  std::vector<Bytes> leaves;
  std::size_t bytes = 0;
  bool complete = false;
  // An audit fetches the log from its beginning: do this peer's leaves lead to the head at all?
  bool audit = false;
  merkle::Frontier audited;
};

// Missing bodies of accepted leaves, asked of one peer, batch by batch.
struct BodyPull {
  PeerId peer;
  BodyBasket basket;
  std::vector<feed::BodyNeed> later;
};

struct Feed {
  Feed(AdmittedIssuer admitted, feed::FeedReplica held)
      : issuer(std::move(admitted)), replica(std::move(held)) {}

  AdmittedIssuer issuer;
  feed::FeedReplica replica;
  std::optional<feed::Head> pending;  // verified, larger than what is held; the largest
  std::vector<merkle::TreeHead>
      unproved;  // of verified heads larger than what is held, which it must grow through
  std::optional<feed::Head> held_back;   // verified, dated too far ahead; the earliest
  std::optional<feed::Head> newer_time;  // verified, waits for the slot
  std::vector<PeerId> sources;           // to be asked for the feed, in this order
  std::set<PeerId> asked;                // asked in vain since news last arrived
  std::set<PeerId> audited;              // found by an audit to have shown wrong leaves
  std::optional<Pull> pull;
  std::optional<Adoption> adoption;
  std::deque<feed::Publication> publications;  // of a hosted issuer, waiting for the slot
  std::optional<BodyPull> body_pull;
  std::set<PeerId> bodies_asked;
  int setbacks = 0;  // in a row, of this node's own making: its disk, its memory
  MonotonicTime retry_at;

  [[nodiscard]] const OriginHash& origin() const noexcept { return replica.origin().hash(); }
  [[nodiscard]] BodyBasket* basket(std::uint64_t id);
};

struct Request {
  enum class Kind : std::uint8_t { feed, bodies };
  Kind kind = Kind::feed;
  OriginHash origin;
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
  std::optional<wire::HelloOffer> offer;    // origins dropped once ready
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

  std::vector<OriginHash> shared;             // sorted
  std::map<OriginHash, wire::Record> known;   // of shared origins: what the peer has said or shown it holds
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
  Sha256Digest note;
  std::vector<HeadSource> sources;
};
struct BodyJob {
  OriginHash origin;
  std::uint64_t basket = 0;
};

struct Engine::State {
  State(Options options, Signer& node_key, const FeedArchive& archive,
        std::vector<feed::FeedReplica> replicas);

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
  std::map<PeerId, Peer> peers;
  std::map<std::string, Address> addresses;  // by URL
  std::map<OriginHash, HostedIssuer> hosted;
  // What configured peers said about a hosted issuer's feed since the start, by node key.
  std::map<OriginHash, std::map<NodeKey, std::optional<wire::Record>>> start_answers;
  std::set<OriginHash> started_hosted;  // start check passed
  bool clock_ahead = false;

  std::map<Token, std::variant<HeadJob, BodyJob>> verifying;
  std::map<std::pair<OriginHash, Sha256Digest>, Token> verifying_notes;
  std::map<Token, OriginHash> persisting;
  std::set<OriginHash> hungry;        // feeds with sources to ask and no pull under way
  std::set<OriginHash> holding_back;  // feeds with a head dated too far ahead
  std::uint64_t last_number = 0;      // tokens, requests, baskets
  MonotonicTime repair_at;

  // engine.cpp
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
  void on(Peer& peer, const wire::HelloOffer&);
  void on(Peer& peer, const wire::HelloProof&);
  void on(Peer& peer, const wire::Credit& credit);
  void on(Peer& peer, const wire::Refusal& refusal);
  void on(Peer& peer, const wire::Ping& ping);
  void on(Peer& peer, const wire::Pong& pong);

  // handshake.cpp
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
  [[nodiscard]] Result<void> check_claim(const Peer& peer, const Pull& pull, std::uint64_t size,
                                         const Sha256Digest& root) const;
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
  void serve_feed(Peer& peer, const wire::GetFeed& request);
  void serve_bodies(Peer& peer, const wire::GetBodies& request);
  void announce(const Feed& feed, const Adoption& adoption);
  void push_ours(Peer& peer, const Feed& feed);
  [[nodiscard]] bool knows(const Peer& peer, const Feed& feed) const;

  // start_check.cpp
  void note_answers(const Peer& peer);
  void run_start_checks();
  void watch_clock();
  void set_clock_of(Peer& peer, Timestamp told);
  [[nodiscard]] std::optional<std::int64_t> clock_difference(const Peer& peer) const;
  [[nodiscard]] std::optional<std::int64_t> seconds_ahead() const;
  [[nodiscard]] bool configured(const NodeKey& key) const;
  [[nodiscard]] std::size_t answers_needed() const;
  [[nodiscard]] std::size_t answers_agreeing(const OriginHash& origin) const;
  [[nodiscard]] std::optional<Error> why_not_sign(const OriginHash& origin) const;
};

// The signed tree of a note whose signatures nobody checked; good for telling what is not worth checking.
[[nodiscard]] Result<merkle::TreeHead> peek_tree(std::string_view note);
[[nodiscard]] std::string name_of(const Peer& peer);

}  // namespace vcnode::gossip
