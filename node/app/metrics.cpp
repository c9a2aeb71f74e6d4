#include "node/app/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "protocol/verify/verdict.h"

namespace vcnode::node {

namespace {

using prometheus::ClientMetric;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::MetricType;

Family<Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

// Cached reads take tens of microseconds, an issue waits for the next head: up to a second.
const Histogram::BucketBoundaries kRequestSeconds{0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 10};
// T counts in whole seconds; repair finds within a minute what push lost.
const Histogram::BucketBoundaries kPropagationSeconds{1, 2, 3, 5, 10, 30, 60, 300, 3600};

Family<Histogram>& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

MetricFamily family(const char* name, const char* help, MetricType type) {
  MetricFamily out;
  out.name = name;
  out.help = help;
  out.type = type;
  return out;
}

void add(MetricFamily& to, double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (to.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  to.metric.push_back(std::move(metric));
}

class Scrape {
 public:
  explicit Scrape(std::vector<MetricFamily> families) : families_(std::move(families)) {}
  void gauge(const char* name, const char* help, std::uint64_t value) {
    one(name, help, MetricType::Gauge, value);
  }
  void total(const char* name, const char* help, std::uint64_t value) {
    one(name, help, MetricType::Counter, value);
  }
  void by_label(const char* name, const char* help, MetricType type, const char* label,
                const std::map<std::string, std::uint64_t>& values) {
    MetricFamily out = family(name, help, type);
    for (const auto& [key, value] : values) add(out, static_cast<double>(value), {{label, key}});
    families_.push_back(std::move(out));
  }
  // One line per issuer that `value` has something to say of.
  void by_issuer(const char* name, const char* help, const std::vector<Metrics::IssuerSample>& issuers,
                 std::optional<double> (*value)(const Metrics::IssuerSample&)) {
    MetricFamily out = family(name, help, MetricType::Gauge);
    for (const auto& issuer : issuers) {
      if (const auto said = value(issuer)) add(out, *said, {{"issuer", issuer.did}});
    }
    families_.push_back(std::move(out));
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  void one(const char* name, const char* help, MetricType type, std::uint64_t value) {
    MetricFamily out = family(name, help, type);
    add(out, static_cast<double>(value));
    families_.push_back(std::move(out));
  }
  std::vector<MetricFamily> families_;
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Family<Counter>& requests = counter(registry, "vcnode_http_requests_total", "Answered HTTP requests.");
  Family<Counter>& verdicts = counter(registry, "vcnode_verdicts_total", "Verdicts given, by outcome.");
  Counter& issued = counter(registry, "vcnode_credentials_issued_total", "Credentials issued.").Add({});
  Counter& status_changes = counter(registry, "vcnode_status_changes_total", "Status bits changed.").Add({});
  Counter& publications =
      counter(registry, "vcnode_publications_total", "Heads published for hosted issuers.").Add({});
  Counter& misbehaviour =
      counter(registry, "vcnode_peer_misbehaviour_total", "Objects of peers that cost them standing.")
          .Add({});
  Family<Counter>& observations = counter(registry, "vcnode_observer_fetches_total",
                                          "Visits to observed web servers, by what came of them.");
  Family<Counter>& time_batches =
      counter(registry, "vcnode_time_batches_total", "Time batches of hosted issuers, by what came of them.");
  Family<Counter>& witness_asks =
      counter(registry, "vcnode_witness_asks_total", "Questions for a cosignature, by what came of them.");
  Family<Histogram>& request_seconds =
      histogram(registry, "vcnode_http_request_seconds", "Time from a request to its answer, by route.");
  Histogram& propagation = histogram(registry, "vcnode_head_propagation_seconds",
                                     "From the time of another node's new head to its acceptance here.")
                               .Add({}, kPropagationSeconds);

  Counter& requests_of(std::string_view method, std::string_view route, unsigned status) {
    return requests.Add(
        {{"method", std::string(method)}, {"route", std::string(route)}, {"status", std::to_string(status)}});
  }
};

// A rate over a series that is not there yet misses its first event: every outcome is counted from zero.
Metrics::Metrics() : state_(std::make_unique<State>()) {
  for (const auto outcome : {verify::Outcome::valid, verify::Outcome::not_valid, verify::Outcome::cannot_tell,
                             verify::Outcome::issuer_not_confirmed})
    state_->verdicts.Add({{"outcome", std::string(verify::name_of(outcome))}});
  for (const std::string_view outcome : {"observed", "unchanged", "failed"})
    state_->observations.Add({{"outcome", std::string(outcome)}});
  for (const std::string_view outcome : {"proven", "missed", "failed"})
    state_->time_batches.Add({{"outcome", std::string(outcome)}});
  for (const std::string_view outcome : {"cosigned", "refused", "unreachable"})
    state_->witness_asks.Add({{"outcome", std::string(outcome)}});
}
Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view method, std::string_view route, unsigned status) {
  state_->requests_of(method, route, status).Increment();
}

Metrics::RouteSeries::RouteSeries(Metrics& metrics, std::string method, std::string route)
    : metrics_(metrics), method_(std::move(method)), route_(std::move(route)) {}

void Metrics::RouteSeries::answered(unsigned status, std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  Counter*& answers = by_status_[status];
  if (answers == nullptr) answers = &metrics_.state_->requests_of(method_, route_, status);
  if (seconds_ == nullptr)
    seconds_ = &metrics_.state_->request_seconds.Add({{"route", route_}}, kRequestSeconds);
  answers->Increment();
  seconds_->Observe(std::chrono::duration<double>(took).count());
}

void Metrics::observe_propagation(double seconds) {
  state_->propagation.Observe(std::max(0.0, seconds));  // below zero the two clocks differ
}

void Metrics::count_verdict(std::string_view outcome) {
  state_->verdicts.Add({{"outcome", std::string(outcome)}}).Increment();
}

void Metrics::count_observation(std::string_view outcome) {
  state_->observations.Add({{"outcome", std::string(outcome)}}).Increment();
}

void Metrics::count_time_batch(std::string_view outcome) {
  state_->time_batches.Add({{"outcome", std::string(outcome)}}).Increment();
}

void Metrics::count_witness_ask(std::string_view outcome) {
  state_->witness_asks.Add({{"outcome", std::string(outcome)}}).Increment();
}

void Metrics::count_issued() {
  state_->issued.Increment();
}
void Metrics::count_status_changes(std::size_t changes) {
  state_->status_changes.Increment(static_cast<double>(changes));
}
void Metrics::count_publication() {
  state_->publications.Increment();
}
void Metrics::count_misbehaviour() {
  state_->misbehaviour.Increment();
}

namespace {

void show_issuers(Scrape& out, const std::vector<Metrics::IssuerSample>& issuers) {
  using Row = Metrics::IssuerSample;
  out.by_issuer("vcnode_issuer_head_age_seconds", "Age of the newest head held, unless it is the last one.",
                issuers, [](const Row& row) {
                  return row.head_age_seconds ? std::optional(static_cast<double>(*row.head_age_seconds))
                                              : std::nullopt;
                });
  out.by_issuer("vcnode_issuer_entries_behind",
                "Entries that a verified newer head has and this node does not hold yet.", issuers,
                [](const Row& row) { return std::optional(static_cast<double>(row.entries_behind)); });
  out.by_issuer("vcnode_issuer_peers", "Connected peers that replicate the feed.", issuers,
                [](const Row& row) { return std::optional(static_cast<double>(row.peers)); });
  out.by_issuer(
      "vcnode_issuer_may_sign", "1 when the hosted issuer can issue and revoke.", issuers,
      [](const Row& row) { return row.may_sign ? std::optional(*row.may_sign ? 1.0 : 0.0) : std::nullopt; });
}

}  // namespace

std::string Metrics::text(const Sample& s) const {
  Scrape out(state_->registry.Collect());
  show_issuers(out, s.issuers);
  out.by_label("vcnode_peers", "Peer links by state.", MetricType::Gauge, "state", s.peers_by_state);
  out.total("vcnode_peer_frames_in_total", "Frames received from the peers now known.", s.frames_in);
  out.total("vcnode_peer_frames_out_total", "Frames sent to the peers now known.", s.frames_out);
  out.total("vcnode_peer_bytes_in_total", "Frame bytes received from the peers now known.", s.bytes_in);
  out.total("vcnode_peer_bytes_out_total", "Frame bytes sent to the peers now known.", s.bytes_out);
  out.total("vcnode_heads_accepted_total", "Heads accepted with their leaves.", s.heads_accepted);
  out.gauge("vcnode_heads_pending", "Verified heads whose leaves are not held yet.", s.heads_pending);
  out.total("vcnode_repairs_total", "Finished repairs.", s.repairs);
  out.total("vcnode_repairs_unequal_total", "Repairs that ended with different record maps.",
            s.repairs_unequal);
  out.total("vcnode_pushes_sent_total", "Heads pushed to peers.", s.pushes_sent);
  out.by_label("vcnode_peer_refusals_total", "Refusals by reason.", MetricType::Counter, "code",
               s.refusals_by_code);
  out.gauge("vcnode_issuers_admitted", "Issuers whose feeds are to be held.", s.issuers.size());
  out.gauge("vcnode_issuers_refused", "Sponsored issuers for whom there is no room.", s.issuers_refused);
  out.gauge("vcnode_feeds", "Feeds held.", s.feeds);
  out.gauge("vcnode_feeds_contradicted", "Feeds with a head that contradicts what is held.",
            s.feeds_contradicted);
  out.gauge("vcnode_feeds_ended", "Feeds that are closed, or whose issuer is deactivated.", s.feeds_ended);
  out.gauge("vcnode_bodies_missing", "Bodies that feeds ask for and that are not held.", s.bodies_missing);
  out.gauge("vcnode_send_queue_bytes", "Frame bytes waiting for slow peers.", s.send_queue_bytes);
  out.gauge("vcnode_clock_difference_seconds",
            "Between this clock and that of the connected peer that differs most.",
            s.clock_difference_seconds);
  if (s.disk_free_bytes)
    out.gauge("vcnode_disk_free_bytes", "Free space where the store is.", *s.disk_free_bytes);
  out.gauge("vcnode_worker_queue", "Requests waiting for a worker thread.", s.worker_queue);
  out.gauge("vcnode_ready", "1 when /readyz says so.", s.ready ? 1 : 0);
  out.gauge("vcnode_store_failed", "1 when the store refuses writes.", s.store_failed ? 1 : 0);
  return out.text();
}

}  // namespace vcnode::node
