#include "node/app/observer.h"

#include <algorithm>
#include <utility>

#include "crypto/base/encoding.h"

namespace vcnode::node {

namespace {

// The wall clock may be set: what is due is looked for at least this often.
constexpr std::int64_t kLookMsMax = 60'000;
constexpr std::int64_t kLookMsMin = 100;

}  // namespace

struct Observer::Shared {
  std::atomic<bool> stopped = false;
};

Observer::Observer(Options options, Ports ports, Publish publish)
    : options_(std::move(options)),
      ports_(ports),
      publish_(std::move(publish)),
      schedule_(options_.targets, options_.schedule, options_.seed),
      shared_(std::make_shared<Shared>()),
      workers_(std::make_unique<WorkerPool>(kFetchesMax)) {}

// The workers first: a fetch that ends meanwhile posts to the loop, where it finds that this has stopped.
Observer::~Observer() {
  stop();
  workers_->discard();
  workers_.reset();
}

void Observer::stop() {
  shared_->stopped = true;
  if (timer_) ports_.loop.cancel(*std::exchange(timer_, std::nullopt));
}

void Observer::learn(const std::shared_ptr<const feed::ObservedUrls>& observed) {
  if (shared_->stopped) return;
  schedule_.learn(observed, now());
  pump();
}

void Observer::pump() {
  if (shared_->stopped) return;
  const std::size_t under_way = schedule_.under_way();
  if (under_way < kFetchesMax)
    for (const observe::Target& target : schedule_.take_due(now(), kFetchesMax - under_way)) fetch(target);
  arm();
}

void Observer::arm() {
  if (timer_) ports_.loop.cancel(*std::exchange(timer_, std::nullopt));
  const auto due = schedule_.next_due();
  if (!due || schedule_.under_way() >= kFetchesMax) return;  // the end of a fetch pumps
  const std::int64_t wait_ms = due->seconds() * 1'000 - ports_.clock.wall_ms();
  timer_ = ports_.loop.after_ms(std::clamp(wait_ms, kLookMsMin, kLookMsMax), [this] {
    timer_.reset();
    pump();
  });
}

void Observer::fetch(const observe::Target& target) {
  PublicFetchOptions how;
  how.accept = target.media_types();
  how.body_bytes_max = target.bytes_max();
  how.ca_file = options_.ca_file;
  workers_->post(
      [this, target, how, shared = shared_, &loop = ports_.loop, fetch = options_.fetch]() mutable {
        if (shared->stopped) return;
        how.stopped = &shared->stopped;
        auto body = std::make_shared<const Result<std::string>>(fetch(target.url, how));
        loop.post([this, target, shared, body] {
          if (!shared->stopped) on_fetched(target, *body);
        });
      });
}

void Observer::on_fetched(const observe::Target& target, const Result<std::string>& body) {
  if (!body) {
    on_failed(target, body.error(), schedule_.failed(target.url, now()));
  } else if (auto made = schedule_.fetched(target.url, *body, now()); !made) {
    on_failed(target, made.error(), schedule_.due_of(target.url));
  } else if (made->has_value()) {
    ports_.metrics.count_observation("observed");
    publish(target, **std::move(made));
  } else {
    ports_.metrics.count_observation("unchanged");
  }
  pump();
}

void Observer::on_failed(const observe::Target& target, const Error& why, Timestamp again) {
  ports_.metrics.count_observation("failed");
  ports_.log.limited(LogLevel::warn, "observe", "not observed",
                     {{"url", target.url},
                      {"code", std::string(why.code.slug())},
                      {"reason", why.message},
                      {"again", again.to_string()}});
}

void Observer::publish(const observe::Target& target, feed::NewObservation observation) {
  ports_.log.limited(LogLevel::info, "observe", "observed",
                     {{"url", target.url}, {"bytes", std::to_string(observation.body.size())}});
  publish_(std::move(observation), [this, target, shared = shared_](const Result<void>& published) {
    if (!shared->stopped) on_published(target, published);
  });
}

void Observer::on_published(const observe::Target& target, const Result<void>& published) {
  schedule_.published(target.url, published.has_value(), now());
  if (!published)
    ports_.log.limited(LogLevel::warn, "observe", "an observation was not published",
                       {{"url", target.url},
                        {"code", std::string(published.error().code.slug())},
                        {"reason", published.error().message}});
  pump();
}

}  // namespace vcnode::node
