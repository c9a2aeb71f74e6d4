// Engine: the gossip state machine: peers, heads, leaves, bodies and repair, without IO.
//
// step(input, now) → outputs. The same object code runs under Asio in node/ and under the simulator. It reads
// no clock, opens nothing and draws from one seeded Rng; iteration over its containers is ordered, so one
// sequence of inputs gives one sequence of outputs. Memory is bounded by the limits below times the number of
// peers plus the state of the admitted feeds.
//
// What happens to a feed of an admitted issuer:
//   record or push says "larger" → GetFeed → head verified (output Verify) → pending, until its leaves lead
//   to its root → bodies pulled and verified → output Persist with leaves, bodies, head in one batch → input
//   Persisted → accepted: snapshot event, announced to all other peers. A head is accepted with its leaves
//   even if a body is still missing; the body is asked for at every repair.
// Order of arrival never matters: equal sets of objects give equal records. A bad object costs its sender
// standing and nobody else anything; "we lack something" costs nobody anything.
//
// Repair: every 30 s ± jitter with one ready peer: map root, and where it differs the records; the one behind
// pulls. Push: a new head goes to every ready peer at once, inline up to wire::kInlineBytesMax. Dialing:
// configured addresses are redialed with exponential back-off and jitter, capped at kRedialMsMax, for ever.
// Own feeds: the engine treats the issuer's own origin like any other, plus the start check
// (design/network.md, "Every start"): until k = min(3, configured peers) peers have exchanged records,
// `may_sign()` is false, unless the issuer has never signed or the operator waived the check. A peer's higher
// head that extends ours is adopted; one that contradicts ours stops signing.
//
// The driver's side of the contract:
//   - every Dial is answered by PeerUp (with the dialed address) or DialFailed;
//   - Sends of one peer go out in order; after Close what was sent before is flushed, and the engine has
//   forgotten
//     the peer: frames and a PeerDown for it are ignored;
//   - every Verify and Persist is answered once, in any order, however long it takes;
//   - a link whose unsent bytes exceed the driver's own bound is dropped (PeerDown): credits bound what an
//   honest
//     peer lets us send, not what a hostile one says it reads.
//
// Later overlay (views, lazy push) and reconciliation (sketches) replace repair and push inside, not this
// header. Threading: one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crypto/base/rng.h"
#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "protocol/feed/publisher.h"
#include "protocol/feed/replica.h"
#include "protocol/gossip/hello.h"
#include "protocol/gossip/restore.h"
#include "protocol/ports.h"
#include "protocol/statement/admission.h"
#include "protocol/wire/frame.h"

namespace vcnode::gossip {

using PeerId = Strong<struct PeerIdTag, std::uint64_t>;  // one connection; chosen by the driver, never reused
using Token = Strong<struct TokenTag, std::uint64_t>;    // pairs an output with the input that answers it

struct Now {
  MonotonicTime monotonic;
  Timestamp wall;
};

// ---- inputs
struct Tick {};
struct PeerUp {
  PeerId peer;
  Role our_role = Role::dialer;
  wire::ChannelBinding binding;
  std::string address;  // dialed address, or the remote endpoint's text
};
struct PeerDown {
  PeerId peer;
  std::string reason;
  // What the peer sent that the transport could not even hand over as a frame; costs what a malformed one
  // does.
  std::optional<Error> fault = std::nullopt;
};
struct DialFailed {
  std::string address;
  std::string reason;
};
struct FrameIn {
  PeerId peer;
  Bytes bytes;
};
// Of an admitted issuer this node hosts; already durable, entries included, and made while may_sign() held.
// Entries count before leaves do. To open an epoch: the `webvh` leaf in the old feed with its entry, and
// after IssuerChanged the first leaves of the new one. Where the old feed cannot be signed any more: the
// entry alone, with the origin of the new epoch and without a head.
struct Publish {
  feed::OriginHash origin;
  feed::Publication publication;
};
struct Persisted {
  Token token;
  std::optional<Error> error;
};
struct HeadChecked {
  std::optional<feed::Head> head;
  std::optional<Error> error;
};
struct Verified {
  Token token;
  std::variant<HeadChecked, feed::CheckedBody> outcome;
};
using Input = std::variant<Tick, PeerUp, PeerDown, DialFailed, FrameIn, Publish, Persisted, Verified>;

// ---- outputs
struct Send {
  PeerId peer;
  Bytes bytes;
};
struct Dial {
  std::string address;
};
struct Close {
  PeerId peer;
  Error reason;
};
struct Persist {
  Token token;
  StoreBatch batch;
};
struct CheckHead {
  std::string note;
  feed::Origin origin;
  Ed25519PublicKey feed_key;
};
struct CheckBody {
  feed::BodyNeed need;
  Bytes bytes;
  Did issuer;
  std::shared_ptr<const Resolver> keys;  // of the version that judges it; none: what the driver resolves by
};
struct Verify {  // run it with run_verify(), on any thread
  Token token;
  std::variant<CheckHead, CheckBody> job;
};
[[nodiscard]] Verified run_verify(const Verify& verify, const Resolver& resolver);

// Events, for snapshots, logs and metrics.
struct FeedChanged {  // a new snapshot is to be shown
  feed::OriginHash origin;
  std::shared_ptr<const feed::FeedSnapshot> snapshot;
};
struct PeerReady {
  PeerId peer;
  Ed25519PublicKey node_key;
};
struct PeerRefused {  // or lost after being ready
  PeerId peer;
  Error reason;
};
struct MisbehaviourSeen {
  PeerId peer;
  Error reason;
  int standing = 0;
};
struct ClockAhead {  // our clock against the median of the peers' hello times
  std::int64_t seconds = 0;
};
struct RepairDone {
  PeerId peer;
  bool equal = false;
  std::optional<Error> paused;  // REPAIR_PAUSED: what this peer claims is not asked for during the next hour
};
struct FeedDelayed {  // something of a feed is not accepted, or not yet, and nobody lost standing for it
  feed::OriginHash origin;
  std::optional<PeerId> peer;
  Error reason;  // REQUEST_TIMEOUT, REQUEST_REFUSED, HEAD_IN_FUTURE, PULL_TOO_LARGE, FEED_CONTRADICTED, or
                 // the store's
};
struct IssuerChanged {  // a did:webvh issuer: its history or its current epoch
  std::string scid;
  std::shared_ptr<const issuer::History> history;
  std::optional<feed::Origin> current;  // whose replica() is the issuer's feed now
};
struct AdmissionChanged {             // whose feeds are reconciled
  std::vector<std::string> admitted;  // DIDs of who came, by somebody's Sponsorship
  std::vector<std::string> left;      // lookup names of who is held and not reconciled any more
  std::optional<Error> refused;       // ADMISSION_FULL: more than before find no room
};
using Event = std::variant<FeedChanged, PeerReady, PeerRefused, MisbehaviourSeen, ClockAhead, RepairDone,
                           FeedDelayed, IssuerChanged, AdmissionChanged>;

using Output = std::variant<Send, Dial, Close, Persist, Verify, Event>;
struct Outputs {
  std::vector<Output> list;
  MonotonicTime next_deadline;  // call step(Tick) then at the latest
};

// ---- limits, each with its reason (credits at least wire::kCreditFramesMin and wire::kCreditBytesMin)
struct Limits {
  std::uint32_t credit_frames = 200;  // granted to a peer at start, refilled every 40 (stellar-core's shape)
  std::uint64_t credit_bytes = 8ull * 1024 * 1024;  // a few whole bodies in flight
  std::size_t send_queue_bytes_max =
      8 * 1024 * 1024;                  // beyond it the peer is a slow reader and is closed; repair heals
  std::size_t pulls_per_peer_max = 16;  // outstanding requests, ours to a peer and a peer's to us
  // Leaves of feeds that are being pulled, all together: a feed of a million leaves; larger ones need
  // snapshots.
  std::size_t pull_bytes_max = 256 * 1024 * 1024;
  std::size_t verify_queue_max = 64;     // per peer: signature checks cost CPU
  std::int64_t hello_ms_max = 10'000;    // both hello frames must be there
  std::int64_t request_ms_max = 15'000;  // then ask another peer
  std::int64_t repair_ms = 30'000;       // ± a sixth
  std::int64_t ping_ms = 20'000;         // silent links die after three
  std::int64_t redial_ms_min = 500;
  std::int64_t redial_ms_max = 60'000;  // back-off ends here, never gives up
  std::size_t peers_max = 64;           // that dialed us; the configured ones have room besides
  // Issuers whose feeds are held: what a hello can list, at most that. Those who left the admitted set keep
  // their places until the next start.
  std::size_t issuers_max = wire::kHelloOriginsMax;
  int standing_close = -100;  // a peer at or below is closed and refused for refuse_ms
  std::int64_t refuse_ms = 3'600'000;
};

struct PeerAddress {
  std::string url;                           // wss://host:port/peer
  std::optional<Ed25519PublicKey> node_key;  // pinned: another key is HELLO_NODE_KEY
};

struct HostedIssuer {
  feed::Origin origin;      // did:webvh: of any epoch
  bool has_signed = false;  // a head exists in the store, or may have in one that was lost
  std::string scid = {};    // "" for did:key
};

struct Options {
  std::string network;
  // The sponsor roots, hosted issuers included; together at most Limits::issuers_max. Whom they sponsor comes
  // in by what their feeds say.
  std::vector<AdmittedIssuer> admitted;
  std::vector<AdmittedHistory> histories = {};
  std::vector<HostedIssuer> hosted;
  std::vector<PeerAddress> peers;
  bool waive_start_check = false;
  Limits limits;
  std::uint64_t seed = 0;
};

enum class PeerState : std::uint8_t { dialing, waiting, hello, ready };
struct PeerStatus {
  std::optional<PeerId> peer;
  std::string address;
  std::string node_key;  // multikey text, once known
  PeerState state = PeerState::waiting;
  Role our_role = Role::dialer;
  int standing = 0;
  std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
  std::optional<std::int64_t> clock_difference_seconds;
  std::string last_error;  // "CODE: sentence"
};

struct Counters {
  std::map<std::string, std::uint64_t> refusals_by_code;
  std::uint64_t heads_accepted = 0, repairs = 0, repairs_unequal = 0, pushes_sent = 0;
  std::uint64_t heads_pending = 0, send_queue_bytes = 0;  // now, not totals
};

// A did:webvh issuer as it is held; valid until the next step.
struct IssuerView {
  std::shared_ptr<const issuer::History> history;
  const issuer::EntrySet* entries = nullptr;
  const feed::FeedReplica* feed = nullptr;  // of the current epoch; nullptr while no version names one
  std::span<const SealedFeed> sealed;       // the epochs before it
};

// Whom the engine reconciles; valid until the next step.
struct AdmissionView {
  const statement::AdmittedSet* set = nullptr;  // by lookup name, and through whom
  std::size_t reconciled = 0;
  std::size_t held = 0;  // those who left the set included
  std::size_t limit = 0;
  std::size_t refused = 0;       // sponsored, and there is no room
  std::size_t without_feed = 0;  // sponsored, and no such DID can have a feed
};

class Engine {
 public:
  // `node_key`, `archive`, outlive the engine. `replicas`, `issuers`: what the store held, restored, one per
  // admitted origin or SCID at most; the engine starts an empty one for the rest.
  Engine(Options options, Signer& node_key, const FeedArchive& archive,
         std::vector<feed::FeedReplica> replicas, std::vector<RestoredIssuer> issuers = {});
  ~Engine();

  // Admits whom the roots sponsor by what the archive holds, and restores them; before the first step, which
  // does it otherwise and tries again what cannot be read. Errors: those of restore_feeds and restore_issuer.
  [[nodiscard]] Result<void> begin(Now now);
  [[nodiscard]] Outputs step(Input input, Now now);

  [[nodiscard]] bool may_sign(const feed::OriginHash& hosted) const;
  // START_CHECK_PENDING, OWN_FEED_CONTRADICTED, CLOCK_AHEAD. Of a did:webvh issuer only the newest epoch
  // signs.
  [[nodiscard]] std::optional<Error> why_not_sign(const feed::OriginHash& hosted) const;
  // Of a did:webvh issuer only the current epoch has one.
  [[nodiscard]] const feed::FeedReplica* replica(const feed::OriginHash& origin) const;
  // nullopt: not held.
  [[nodiscard]] std::optional<IssuerView> issuer(std::string_view scid) const;
  [[nodiscard]] std::vector<PeerStatus> peers() const;
  [[nodiscard]] const Counters& counters() const;
  // Ready peers that replicate this feed too: whoever else may hear of its next head from here.
  [[nodiscard]] std::size_t peers_sharing(const feed::OriginHash& origin) const;
  [[nodiscard]] AdmissionView admission() const;
  // Whether news of this issuer are taken and passed on.
  [[nodiscard]] bool reconciles(std::string_view lookup_name) const;
  // The record map of all admitted feeds that have a head and of the logs of did:webvh issuers; equal maps
  // mean equal networks.
  [[nodiscard]] std::vector<wire::Record> records() const;
  [[nodiscard]] static wire::MapRoot map_root(const std::vector<wire::Record>& sorted);
  // Invariants for tests and the simulator; aborts when one does not hold.
  void check_invariants() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::gossip
