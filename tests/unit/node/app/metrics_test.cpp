#include "node/app/metrics.h"

#include "tests/support/doctest.h"

namespace vcnode::test {

TEST_CASE("metrics show what was counted and what was sampled") {
  node::Metrics metrics;
  metrics.count_request("GET", "/feeds", 200);
  metrics.count_request("GET", "/feeds", 200);
  metrics.count_verdict("valid");
  metrics.count_issued();
  metrics.count_status_changes(3);
  node::Metrics::Sample sample;
  sample.peers_by_state["ready"] = 2;
  sample.feeds = 5;
  sample.refusals_by_code["FRAME_MALFORMED"] = 1;
  sample.ready = true;
  const std::string text = metrics.text(sample);
  for (const char* line :
       {"vcnode_http_requests_total{method=\"GET\",route=\"/feeds\",status=\"200\"} 2\n",
        "vcnode_verdicts_total{outcome=\"valid\"} 1\n", "vcnode_credentials_issued_total 1\n",
        "vcnode_status_changes_total 3\n", "vcnode_peers{state=\"ready\"} 2\n", "vcnode_feeds 5\n",
        "vcnode_peer_refusals_total{code=\"FRAME_MALFORMED\"} 1\n", "vcnode_ready 1\n",
        "# TYPE vcnode_repairs_total counter\n"}) {
    CHECK_MESSAGE(text.find(line) != std::string::npos, line, " is not in\n", text);
  }
}

}  // namespace vcnode::test
