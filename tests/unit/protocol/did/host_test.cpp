#include "protocol/did/host.h"

#include <vector>

#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("fully qualified names are hosts") {
  for (const char* host : {"uni.example", "UNI.Example", "a.b", "3com.example", "x-y.example", "1.2.3.4a",
                           "127.0.0.example", "xn--mnchen-3ya.example", "uni.xn--p1ai", "0x.example"})
    CHECK_MESSAGE(host_fault(host).empty(), host, " ", host_fault(host));
}

TEST_CASE("addresses, this machine and malformed names are no hosts, and the rule is named") {
  struct Row {
    std::string host;
    std::string_view rule;
  };
  const std::vector<Row> rows = {{"", "empty label"},
                                 {"uni.example.", "empty label"},
                                 {".uni.example", "empty label"},
                                 {"uni..example", "empty label"},
                                 {"127.0.0.1", "an address"},
                                 {"127.1", "an address"},
                                 {"2130706433", "an address"},
                                 {"0x7f.1", "an address"},
                                 {"uni.0x7F", "an address"},
                                 {"uni.0x", "an address"},
                                 {"::1", "other characters"},
                                 {"[::1]", "other characters"},
                                 {"uni_.example", "other characters"},
                                 {"uni%2eexample", "other characters"},
                                 {"caf\xc3\xa9.example", "other characters"},
                                 {"-uni.example", "hyphen at its edge"},
                                 {"uni-.example", "hyphen at its edge"},
                                 {"ab--c.example", "reserved"},
                                 {"xn--.example", "hyphen at its edge"},
                                 {"xn--99999999.example", "Punycode"},
                                 {"localhost", "this machine"},
                                 {"uni.LocalHost", "this machine"},
                                 {"intranet", "single label"},
                                 {std::string(64, 'a') + ".example", "63"},
                                 {std::string(254, 'a'), "253"}};
  for (const Row& row : rows)
    CHECK_MESSAGE(host_fault(row.host).find(row.rule) != std::string::npos, row.host, ": ",
                  host_fault(row.host));
}
