#include "node/app/metrics.h"

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"
#include "tests/support/spec_page.h"

namespace vcnode::test {

namespace {

// Everything counted and sampled once, so that every metric has a line.
std::string full_text() {
  node::Metrics metrics;
  metrics.count_request("GET", "/feeds", 200);
  node::Metrics::RouteSeries(metrics, "GET", "/feeds").answered(200, std::chrono::milliseconds(20));
  metrics.observe_propagation(1.5);
  metrics.observe_propagation(-1);
  metrics.count_verdict("valid");
  metrics.count_issued();
  metrics.count_status_changes(3);
  node::Metrics::Sample sample;
  sample.peers_by_state["ready"] = 2;
  sample.feeds = 5;
  sample.refusals_by_code["FRAME_MALFORMED"] = 1;
  sample.heads_accepted = 12;
  sample.disk_free_bytes = 1024;
  sample.clock_difference_seconds = 7;
  sample.issuers.push_back({"did:key:zHosted", 407, 0, 2, true});
  sample.issuers.push_back({"did:key:zOther", 60, 9, 1, std::nullopt});
  sample.issuers.push_back({"did:key:zUnknown", std::nullopt, 0, 0, std::nullopt});
  sample.issuers_refused = 6;
  sample.ready = true;
  return metrics.text(sample);
}

struct Metric {
  std::string type;
  std::set<std::string> labels;
};

// `a="1",b="2"`: what the node writes holds no quoted comma or brace.
void add_labels(const std::string& text, std::set<std::string>& labels) {
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) {
    const std::string name = part.substr(0, part.find('='));
    if (name != "le") labels.insert(name);
  }
}

std::map<std::string, Metric> exposed(const std::string& text) {
  std::map<std::string, Metric> out;
  std::istringstream lines(text);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      std::istringstream words(line.substr(7));
      words >> name >> out[name].type;
      CHECK_MESSAGE(text.find("# HELP " + name + " ") != std::string::npos, name, " has no help");
    } else if (const auto open = line.find('{'); !line.starts_with("#") && open != std::string::npos) {
      CHECK(line.starts_with(name));
      add_labels(line.substr(open + 1, line.find('}') - open - 1), out[name].labels);
    }
  }
  return out;
}

// The cells of the table rows under `heading` of the page, the header's two lines left out.
std::vector<std::vector<std::string>> table(const std::string& heading) {
  const std::string page = read_file(source_dir() / "protocol" / "spec" / "operations.md");
  const auto begin = page.find("\n## " + heading + "\n");
  REQUIRE(begin != std::string::npos);
  std::istringstream lines(page.substr(begin + 1, page.find("\n## ", begin + 1) - begin - 1));
  std::vector<std::vector<std::string>> out;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("|")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line.substr(1));
    for (std::string cell; std::getline(row, cell, '|');) {
      const auto first = cell.find_first_not_of(" `");
      const auto last = cell.find_last_not_of(" `");
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    out.push_back(std::move(cells));
  }
  REQUIRE(out.size() > 2);
  out.erase(out.begin(), out.begin() + 2);
  return out;
}

std::map<std::string, Metric> documented() {
  std::map<std::string, Metric> out;
  for (const auto& cells : table("Metrics")) {
    REQUIRE(cells.size() == 4);
    Metric metric{cells[1], {}};
    std::istringstream labels(cells[2]);
    for (std::string label; std::getline(labels, label, ',');)
      metric.labels.insert(label.substr(label.find_first_not_of(' ')));
    CHECK_MESSAGE(!cells[3].empty(), cells[0], " has no meaning");
    CHECK_MESSAGE(out.emplace(cells[0], metric).second, cells[0], " stands there twice");
  }
  return out;
}

}  // namespace

TEST_CASE("a route's series begin with its first answer, one for each status") {
  node::Metrics metrics;
  node::Metrics::RouteSeries things(metrics, "GET", "/things");
  CHECK(metrics.text({}).find("/things") == std::string::npos);
  for (const unsigned status : {200U, 404U, 200U}) things.answered(status, std::chrono::milliseconds(1));
  const std::string text = metrics.text({});
  for (const char* line : {"vcnode_http_requests_total{method=\"GET\",route=\"/things\",status=\"200\"} 2\n",
                           "vcnode_http_requests_total{method=\"GET\",route=\"/things\",status=\"404\"} 1\n",
                           "vcnode_http_request_seconds_count{route=\"/things\"} 3\n"}) {
    CHECK_MESSAGE(text.find(line) != std::string::npos, line, " is not in\n", text);
  }
}

TEST_CASE("metrics show what was counted and what was sampled") {
  const std::string text = full_text();
  for (const char* line : {"vcnode_http_requests_total{method=\"GET\",route=\"/feeds\",status=\"200\"} 2\n",
                           "vcnode_http_request_seconds_bucket{route=\"/feeds\",le=\"0.025\"} 1\n",
                           "vcnode_http_request_seconds_bucket{route=\"/feeds\",le=\"0.005\"} 0\n",
                           "vcnode_head_propagation_seconds_bucket{le=\"1\"} 1\n",
                           "vcnode_head_propagation_seconds_bucket{le=\"2\"} 2\n",
                           "vcnode_head_propagation_seconds_sum 1.5\n",
                           "vcnode_verdicts_total{outcome=\"valid\"} 1\n",
                           "vcnode_verdicts_total{outcome=\"cannot-tell\"} 0\n",
                           "vcnode_credentials_issued_total 1\n",
                           "vcnode_status_changes_total 3\n",
                           "vcnode_peers{state=\"ready\"} 2\n",
                           "vcnode_feeds 5\n",
                           "vcnode_peer_refusals_total{code=\"FRAME_MALFORMED\"} 1\n",
                           "vcnode_ready 1\n",
                           "vcnode_disk_free_bytes 1024\n",
                           "vcnode_clock_difference_seconds 7\n",
                           "vcnode_issuers_admitted 3\n",
                           "vcnode_issuers_refused 6\n",
                           "vcnode_issuer_head_age_seconds{issuer=\"did:key:zHosted\"} 407\n",
                           "vcnode_issuer_entries_behind{issuer=\"did:key:zOther\"} 9\n",
                           "vcnode_issuer_peers{issuer=\"did:key:zHosted\"} 2\n",
                           "vcnode_issuer_may_sign{issuer=\"did:key:zHosted\"} 1\n",
                           "# TYPE vcnode_repairs_total counter\n"}) {
    CHECK_MESSAGE(text.find(line) != std::string::npos, line, " is not in\n", text);
  }
  for (const char* absent : {"vcnode_issuer_head_age_seconds{issuer=\"did:key:zUnknown\"",
                             "vcnode_issuer_may_sign{issuer=\"did:key:zOther\""}) {
    CHECK(text.find(absent) == std::string::npos);
  }
}

TEST_CASE("the page lists every metric with its type and labels, and no other") {
  const auto shown = exposed(full_text());
  const auto written = documented();
  for (const auto& item : shown) {
    const auto& name = item.first;
    const auto& metric = item.second;
    CAPTURE(name);
    const auto found = written.find(name);
    REQUIRE_MESSAGE(found != written.end(), name, " is not in operations.md");
    CHECK(metric.type == found->second.type);
    CHECK(metric.labels == found->second.labels);
  }
  for (const auto& item : written) CHECK_MESSAGE(shown.contains(item.first), item.first, " is not shown");
  const std::string text = full_text();
  std::istringstream example(spec_example("operations.md", "metrics"));
  for (std::string line; std::getline(example, line);)
    CHECK_MESSAGE(text.find(line.substr(0, line.find('{'))) != std::string::npos, line);
}

TEST_CASE("metrics are named as Prometheus asks") {
  for (const auto& item : documented()) {
    const auto& name = item.first;
    const auto& metric = item.second;
    CAPTURE(name);
    CHECK(name.starts_with("vcnode_"));
    CHECK(name.ends_with("_total") == (metric.type == "counter"));
    if (metric.type == "histogram") CHECK(name.ends_with("_seconds"));
  }
}

TEST_CASE("every alarm is made of metrics that exist and says what to do") {
  const auto written = documented();
  const auto alarms = table("Alarms");
  CHECK(alarms.size() >= 15);
  for (const auto& cells : alarms) {
    REQUIRE(cells.size() == 5);
    for (const auto& cell : cells) CHECK_MESSAGE(!cell.empty(), cells[0], " has an empty cell");
    const std::string& expression = cells[1];
    for (auto at = expression.find("vcnode_"); at != std::string::npos;
         at = expression.find("vcnode_", at + 1)) {
      const auto end = expression.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
      std::string name = expression.substr(at, end == std::string::npos ? end : end - at);
      if (name.ends_with("_bucket")) name.resize(name.size() - std::string("_bucket").size());
      CHECK_MESSAGE(written.contains(name), cells[0], " uses ", name);
    }
  }
}

}  // namespace vcnode::test
