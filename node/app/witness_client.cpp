#include "node/app/witness_client.h"

#include <algorithm>
#include <utility>

#include "crypto/base/assert.h"
#include "node/net/codes.h"
#include "protocol/witness/cosigner.h"

namespace vcnode::node {

struct WitnessClient::Shared {
  std::atomic<bool> stopped = false;
};

struct WitnessClient::Round {
  witness::CosignRound round;
  merkle::TreeHead tree;
  std::string checkpoint;  // as the log signed it
  ProofFrom proof_from;
  Done done;
};

WitnessClient::WitnessClient(Options options, Ports ports)
    : options_(std::move(options)),
      ports_(ports),
      sizes_(options_.policy.witnesses().size()),
      busy_(sizes_.size()),
      asked_for_(sizes_.size()),
      deferred_(sizes_.size()),
      shared_(std::make_shared<Shared>()),
      workers_(std::make_unique<WorkerPool>(std::max<std::size_t>(sizes_.size(), 1))) {
  for (const witness::PolicyWitness& witness : options_.policy.witnesses())
    stands_.push_back({witness.name, witness.url, std::nullopt, std::nullopt});
}

// The workers first: what ends meanwhile posts to the loop, where it finds that this has stopped.
WitnessClient::~WitnessClient() {
  stop();
  workers_->discard();
  workers_.reset();
}

void WitnessClient::stop() {
  shared_->stopped = true;
  if (timer_) ports_.loop.cancel(*std::exchange(timer_, std::nullopt));
  round_.reset();
}

void WitnessClient::cosign(std::string checkpoint, ProofFrom proof_from, Done done) {
  VCNODE_ASSERT(round_ == nullptr);
  if (shared_->stopped) return;
  const auto note = feed::Note::parse(checkpoint);
  if (!note) return done(note.failure());
  const auto read = feed::Checkpoint::parse(note->text);
  if (!read) return done(read.failure());
  if (read->origin != origin_) {
    origin_ = read->origin;
    first_round_ = rounds_ + 1;
    std::fill(sizes_.begin(), sizes_.end(), 0);
  }
  const std::int64_t now = ports_.clock.monotonic_ms();
  auto round =
      witness::CosignRound::of(options_.policy, checkpoint, sizes_, now, now + options_.round_ms_max);
  VCNODE_ASSERT(round.has_value());  // the note was just read
  ++rounds_;
  std::fill(deferred_.begin(), deferred_.end(), std::nullopt);
  round_ = std::make_unique<Round>(
      Round{*std::move(round), read->tree, std::move(checkpoint), std::move(proof_from), std::move(done)});
  pump();
}

void WitnessClient::pump() {
  const std::int64_t now = ports_.clock.monotonic_ms();
  if (round_->round.state(now) != witness::CosignRound::State::asking) return end();
  for (const auto& ask : round_->round.due(now)) {
    if (busy_[ask.witness])
      deferred_[ask.witness] = ask.old_size;
    else
      send(ask.witness, ask.old_size);
  }
  arm();
}

void WitnessClient::arm() {
  if (timer_) ports_.loop.cancel(*std::exchange(timer_, std::nullopt));
  const std::int64_t wait_ms = round_->round.wake_ms() - ports_.clock.monotonic_ms();
  timer_ = ports_.loop.after_ms(std::max<std::int64_t>(wait_ms, 1), [this] {
    timer_.reset();
    pump();
  });
}

void WitnessClient::send(std::size_t witness, std::uint64_t old_size) {
  witness::AddCheckpoint request{old_size, {}, round_->checkpoint};
  if (old_size > 0 && old_size < round_->tree.size) request.proof = round_->proof_from(old_size);
  std::string url = stands_[witness].url;
  while (url.ends_with('/')) url.pop_back();
  FetchOptions how;
  how.method = "POST";
  how.url = url + "/add-checkpoint";
  how.content_type = "text/plain; charset=utf-8";
  how.body = request.text();
  how.body_bytes_max = witness::kAnswerBytesMax;
  how.timeout_ms = options_.ask_ms_max;
  how.stopped = &shared_->stopped;
  busy_[witness] = true;
  asked_for_[witness] = round_->tree.size;
  workers_->post([this, how = std::move(how), witness, round = rounds_, shared = shared_, &loop = ports_.loop,
                  fetch = options_.fetch] {
    if (shared->stopped) return;
    auto answer = std::make_shared<const Result<HttpResponse>>(fetch(how));
    loop.post([this, round, witness, shared, answer] {
      if (!shared->stopped) on_answer(round, witness, *answer);
    });
  });
}

void WitnessClient::on_answer(std::uint64_t round, std::size_t witness, const Result<HttpResponse>& answer) {
  busy_[witness] = false;
  if (round_ == nullptr || round != rounds_) return on_late_answer(round, witness, answer);
  const std::int64_t now = ports_.clock.monotonic_ms();
  if (!answer) {
    ports_.metrics.count_witness_ask("unreachable");
    round_->round.failed(witness, answer.error(), now);
  } else {
    round_->round.answered(witness, {answer->status, answer->content_type, answer->body}, now,
                           ports_.clock.now().wall);
    ports_.metrics.count_witness_ask(round_->round.has_cosigned(witness) ? "cosigned" : "refused");
  }
  pump();
}

// Too late to count. If it is a cosignature, the next question begins at its size; if it only looks like one,
// the witness says so then.
void WitnessClient::on_late_answer(std::uint64_t round, std::size_t witness,
                                   const Result<HttpResponse>& answer) {
  const bool cosigned = answer && answer->status == 200 && round >= first_round_;
  if (cosigned) sizes_[witness] = asked_for_[witness];
  const auto deferred = std::exchange(deferred_[witness], std::nullopt);
  if (round_ != nullptr && deferred) send(witness, cosigned ? asked_for_[witness] : *deferred);
}

void WitnessClient::remember(const witness::CosignRound& round) {
  sizes_ = round.sizes();
  for (std::size_t i = 0; i < stands_.size(); ++i) {
    stands_[i].why_not = round.why_not(i);
    if (round.has_cosigned(i)) {
      stands_[i].cosigned = ports_.clock.now().wall;
    } else {
      const Error why = stands_[i].why_not.value_or(Error{codes::HTTP_TIMEOUT, "it did not answer in time"});
      stands_[i].why_not = why;
      ports_.log.limited(LogLevel::warn, "witness", "a witness did not cosign",
                         {{"witness", stands_[i].name},
                          {"url", stands_[i].url},
                          {"code", std::string(why.code.slug())},
                          {"reason", why.message}});
    }
  }
}

void WitnessClient::end() {
  if (timer_) ports_.loop.cancel(*std::exchange(timer_, std::nullopt));
  const auto ended = std::exchange(round_, nullptr);
  const auto& round = ended->round;
  remember(round);
  if (round.state(ports_.clock.monotonic_ms()) == witness::CosignRound::State::reached)
    return ended->done(round.checkpoint());
  ended->done(Failure{round.missed()});
}

}  // namespace vcnode::node
