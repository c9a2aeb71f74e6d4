// The witness role: C2SP tlog-witness over HTTP (protocol/spec/witness.md).
//
// A witness that forgets is worse than none: what is about to be signed is durable first, and of one origin
// one request at a time stands between reading the record and writing it. Known are the feeds of the admitted
// issuers, each by the key of its newest epoch: what was sealed is not cosigned any more.
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/problem.h"
#include "node/net/codes.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/issuer/origins.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/cosigner.h"

namespace vcnode::node {

namespace {

// Of one origin. A log asks once a second at most, and its next question makes the one before pointless.
constexpr std::size_t kWaitingMax = 8;

// One request of an origin at a time. Loop thread.
class Turns {
 public:
  // Runs `task` now or in its turn; false: too many wait already.
  bool take(const feed::OriginHash& origin, std::function<void()> task) {
    if (busy_.insert(origin).second) {
      task();
      return true;
    }
    auto& waiting = waiting_[origin];
    if (waiting.size() >= kWaitingMax) return false;
    waiting.push_back(std::move(task));
    return true;
  }
  void end(const feed::OriginHash& origin) {
    const auto waiting = waiting_.find(origin);
    if (waiting == waiting_.end()) {
      busy_.erase(origin);
      return;
    }
    const auto next = std::move(waiting->second.front());
    waiting->second.pop_front();
    if (waiting->second.empty()) waiting_.erase(waiting);
    next();
  }

 private:
  std::set<feed::OriginHash> busy_;
  std::map<feed::OriginHash, std::deque<std::function<void()>>> waiting_;  // none of them empty
};

struct Witness {
  WitnessApi api;
  std::shared_ptr<Turns> turns = std::make_shared<Turns>();
};
using WitnessPtr = std::shared_ptr<const Witness>;

// What is known of a request before anything is read.
struct Asked {
  witness::AddCheckpoint request;
  feed::Origin origin;
  feed::NoteKey log_key;
};

Failure unknown(const std::string& origin, std::string_view why) {
  return fail(codes::NOT_FOUND, "this witness does not know the log ", excerpt(origin), why);
}

Result<Ed25519PublicKey> key_of(const WitnessApi& api, const feed::Origin& origin) {
  for (const gossip::AdmittedIssuer& issuer : api.admitted)
    if (issuer.origin == origin) return issuer.feed_key;
  // Whom a sponsor admitted is known from its first head on.
  if (const auto held = api.feeds.by_origin(origin.hash()); held && held->issuer.method() == did_key::kMethod)
    return did_key::key_of(held->issuer);
  const auto first = origin.text().find('/');
  const auto last = origin.text().rfind('/');
  const auto history = api.feeds.history(origin.text().substr(first + 1, last - first - 1));
  if (!history || history->epochs.empty()) return unknown(origin.text(), "");
  const issuer::Epoch& newest = history->epochs.back();
  const auto known =
      issuer::origin_of(api.network, history->versions.front().state.did().scid(), newest.feed.epoch);
  if (!known || !(*known == origin))
    return unknown(origin.text(), concat("; that issuer's feed is in epoch ", newest.feed.epoch));
  return newest.feed.key;
}

Result<Asked> read_request(const WitnessApi& api, const std::string& body) {
  VCNODE_TRY(auto request, witness::AddCheckpoint::parse(body));
  VCNODE_TRY(const auto text, witness::origin_of(request));
  auto origin = feed::Origin::parse(text);
  if (!origin) return unknown(text, ", which is no origin of this network");
  VCNODE_TRY(const auto key, key_of(api, *origin));
  feed::NoteKey log_key{origin->text(), feed::NoteKeyType::ed25519, key};
  return Asked{std::move(request), *std::move(origin), std::move(log_key)};
}

unsigned status_of(Code code) {
  if (code == codes::NOTE_UNSIGNED || code == codes::NOTE_SIGNATURE) return 403;
  if (code == codes::WITNESS_ROOT_CONFLICT) return 409;
  if (code == codes::MERKLE_PROOF_INVALID) return 422;
  return http_status_of(code);
}

// tlog-witness: of another size cosigned last the answer is that size, alone on a line.
HttpResponse refusal(const Error& error, const std::optional<witness::WitnessRecord>& record) {
  if (error.code != codes::WITNESS_SIZE_CONFLICT) {
    HttpResponse response = problem(error);
    const unsigned status = status_of(error.code);
    if (response.status == status) return response;
    return problem(status, error.code.slug(), error.code.sentence(), error.message);
  }
  HttpResponse response;
  response.status = 409;
  response.content_type = "text/x.tlog.size";
  response.body = concat(record ? record->tree.size : 0, "\n");
  return response;
}

// One request whose turn it is. Every answer ends the turn.
struct Turn {
  Asked asked;
  Respond respond;
};
using TurnPtr = std::shared_ptr<const Turn>;

// On a worker.
void sign(const WitnessPtr& witness, const TurnPtr& turn, const witness::WitnessRecord& durable) {
  auto line = witness::cosign(turn->asked.request, durable, witness->api.key, witness->api.signer);
  if (!line) return turn->respond(problem(line.error()));
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = *std::move(line);
  turn->respond(std::move(response));
}

// What the writer's thread calls back must be short: over the loop, which a node that ends does not run any
// more, to a worker.
void on_recorded(const WitnessPtr& witness, const TurnPtr& turn, const witness::WitnessRecord& durable,
                 const Result<void>& stored) {
  witness->api.loop.post([witness, turn, durable, stored] {
    if (!stored) return turn->respond(problem(stored.error()));
    witness->api.offload.run(turn->respond,
                             [witness, turn, durable](const Respond&) { sign(witness, turn, durable); });
  });
}

// On a worker.
void judge(const WitnessPtr& witness, const TurnPtr& turn) {
  const WitnessApi& api = witness->api;
  const feed::OriginHash origin = turn->asked.origin.hash();
  const auto stored = api.store.witness_record(origin);
  if (!stored) return turn->respond(problem(stored.error()));
  std::optional<witness::WitnessRecord> record;
  if (*stored) record = witness::WitnessRecord{{(*stored)->size, (*stored)->root}, (*stored)->time};
  const auto next =
      witness::judge_add_checkpoint(turn->asked.request, turn->asked.log_key, record, api.clock.now().wall);
  if (!next) return turn->respond(refusal(next.error(), record));
  StoreBatch batch;
  batch.witnessed.push_back({origin, next->tree.size, next->tree.root, next->time});
  api.commits.submit(std::move(batch), [witness, turn, durable = *next](const Result<void>& result) {
    on_recorded(witness, turn, durable, result);
  });
}

void add_checkpoint(const WitnessPtr& witness, const Call& call) {
  auto asked = read_request(witness->api, call.request.body);
  if (!asked) return call.respond(refusal(asked.error(), std::nullopt));
  const feed::OriginHash origin = asked->origin.hash();
  const auto turn = std::make_shared<const Turn>(
      Turn{*std::move(asked), [witness, origin, respond = call.respond](HttpResponse response) {
             witness->api.loop.post([witness, origin] { witness->turns->end(origin); });
             respond(std::move(response));
           }});
  const bool taken = witness->turns->take(origin, [witness, turn] {
    witness->api.offload.run(turn->respond, [witness, turn](const Respond&) { judge(witness, turn); });
  });
  if (!taken)
    call.respond(
        problem(Error{codes::SERVER_BUSY, concat(kWaitingMax, " requests for this log wait already")}));
}

}  // namespace

void add_witness_routes(Router& router, WitnessApi api) {
  const auto witness = std::make_shared<const Witness>(Witness{std::move(api)});
  Route add;
  add.method = "POST";
  add.pattern = "/witness/add-checkpoint";
  add.summary = "Ask for a cosignature (C2SP tlog-witness)";
  add.body_bytes_max = witness::kAddCheckpointBytesMax;
  add.json_body = false;
  add.answer_type = "text/plain";
  add.answer_types[409] = "text/x.tlog.size";
  add.answers = {{200, "the cosignature, a line of a signed note"},
                 {403, "the checkpoint is not signed by the log"},
                 {404, "this witness does not know the log"},
                 {409, "another size, or this size with another root, was cosigned last"},
                 {422, "the proof does not lead from the tree cosigned last to this one"}};
  add.handle = [witness](const Call& call) { add_checkpoint(witness, call); };
  router.add(std::move(add));

  Route key;
  key.method = "GET";
  key.pattern = "/witness/key";
  key.summary = "The witness's key, as a policy names it (vkey)";
  key.cors = true;
  key.answer_type = "text/plain";
  key.answers = {{200, "the key"}};
  key.handle = [witness](const Call& call) {
    HttpResponse response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = witness->api.key.vkey() + "\n";
    call.respond(std::move(response));
  };
  router.add(std::move(key));
}

}  // namespace vcnode::node
