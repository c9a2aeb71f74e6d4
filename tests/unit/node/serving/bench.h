// The routes of public objects without a node: a router, what it reads from, and a loop that answers.
#pragma once

#include <future>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "crypto/hash.h"
#include "node/app/api.h"
#include "protocol/issuer/assurance.h"
#include "storage/memory/memory_store.h"
#include "storage/watched_store.h"
#include "tests/unit/node/cli/chronicle.h"

namespace vcnode::test::serving {

using cli::lying_peers::Chronicle;
using node::HttpRequest;
using node::HttpResponse;
using Json = nlohmann::json;

struct Bench {
  std::ostringstream lines;
  node::Log log{"info", &lines};
  node::Metrics metrics;
  node::TokenTable tokens = *node::TokenTable::parse(R"({"tokens":[]})");
  node::EventLoop loop;
  std::unique_ptr<storage::GroupStore> store = storage::make_memory_store();
  storage::WatchedStore watched{*store, [](const Error&) {}};
  node::FeedTable feeds;
  node::IssuerDirectory issuers;
  std::unique_ptr<node::WorkerPool> workers = std::make_unique<node::WorkerPool>(2);
  node::Offload offload{*workers, 64, log};
  node::Router router{{{"uni.example", "other.example"}, &tokens, &metrics, &log}};
  std::vector<Did> hosted;
  std::thread thread;

  Bench() {
    node::add_feed_routes(router, {offload, feeds, watched, issuers});
    node::add_identifier_routes(router, {offload, feeds});
    node::add_webvh_routes(router, {offload, feeds, *store, [this] { return hosted; }, kNetwork});
  }
  ~Bench() {
    workers.reset();
    if (!thread.joinable()) return;
    loop.stop();
    thread.join();
  }

  // What a node that replicates the issuer holds.
  issuer::History hold(const Chronicle& chronicle, const std::vector<issuer::EntryBody>& more = {}) {
    issuer::EntrySet set(chronicle.scid(), kNetwork);
    for (std::size_t e = 0; e < chronicle.epochs.size(); ++e) {
      const auto& leaves = chronicle.epochs[e].leaves;
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        const auto leaf = feed::Leaf::parse(leaves[i]).value();
        if (leaf.type == "webvh") set.commit(e + 1, i, vcnode::webvh::VersionId::parse(leaf.digest).value());
      }
    }
    StoreBatch batch;
    const auto add = [&](const issuer::EntryBody& body) {
      CHECK(set.add(body, made::rules()).has_value());
      const std::string id = vcnode::webvh::Entry::parse(body.line)->version_id().text();
      batch.entries.push_back({chronicle.scid(), id, to_bytes(body.text())});
    };
    for (std::size_t i = 0; i < chronicle.branch.size(); ++i) add(chronicle.branch.body(i));
    for (const issuer::EntryBody& body : more) add(body);
    for (std::size_t e = 1; e <= chronicle.epochs.size(); ++e) {
      batch.leaves.push_back({chronicle.origin(e).hash(), 0, chronicle.epochs[e - 1].leaves});
      batch.heads.push_back({chronicle.origin(e).hash(), chronicle.head(e).note});
    }
    for (const auto& [path, text] : chronicle.bodies)
      batch.bodies.push_back({sha256(as_bytes(text)), to_bytes(text)});
    CHECK(store->commit(batch).has_value());
    auto history = set.history();
    feeds.put_history(chronicle.scid(), issuer::shared(history));
    show(chronicle, chronicle.epochs.size());
    return history;
  }
  // The feed of one epoch as current.
  void show(const Chronicle& chronicle, std::size_t epoch) {
    feed::FeedSnapshot snapshot{.origin = chronicle.origin(epoch),
                                .issuer = chronicle.did(),
                                .head = chronicle.head(epoch),
                                .status_lists = {},
                                .pending = std::nullopt,
                                .missing_bodies = {}};
    for (const Bytes& bytes : chronicle.epochs[epoch - 1].leaves) {
      const auto leaf = feed::Leaf::parse(bytes).value();
      if (leaf.type != "status") continue;
      const auto key = feed::StatusLeafKey::parse(leaf.key).value();
      feed::StatusListState& list = snapshot.status_lists[key.uri];
      list.sequence = key.sequence;
      list.digest = leaf.body_digest();
    }
    feeds.put(std::make_shared<const feed::FeedSnapshot>(std::move(snapshot)));
  }

  HttpResponse ask(HttpRequest request) {
    if (!thread.joinable()) thread = std::thread([this] { loop.run(); });
    if (!request.headers.contains("host")) request.headers["host"] = "uni.example";
    auto answered = std::make_shared<std::promise<HttpResponse>>();
    auto answer = answered->get_future();
    loop.post([this, request, answered] {
      router.handle(request, [answered](HttpResponse response) { answered->set_value(std::move(response)); });
    });
    REQUIRE(answer.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    return answer.get();
  }
  HttpResponse get(const std::string& path, const std::map<std::string, std::string>& query = {},
                   const std::string& host = "uni.example") {
    HttpRequest request;
    request.method = "GET";
    request.path = request.raw_path = path;
    request.query = query;
    request.headers["host"] = host;
    return ask(std::move(request));
  }
  HttpResponse post(const std::string& path, const std::map<std::string, std::string>& query = {},
                    const std::string& body = {}) {
    HttpRequest request;
    request.method = "POST";
    request.path = request.raw_path = path;
    request.query = query;
    request.body = body;
    return ask(std::move(request));
  }
};

inline std::string text_of(const HttpResponse& response) {
  return std::string(response.content());
}
inline Json json_of(const HttpResponse& response) {
  return Json::parse(response.content());
}
inline std::string header_of(const HttpResponse& response, std::string_view name) {
  for (const auto& [header, value] : response.headers)
    if (header == name) return value;
  return {};
}
// The status, and the code of the problem; records the code as seen.
inline void check_problem(const HttpResponse& response, unsigned status, Code code,
                          std::string_view part = "") {
  CHECK(response.status == status);
  const Json body = Json::parse(response.content(), nullptr, false);
  REQUIRE(body.is_object());
  CHECK(body.value("code", "") == code.slug());
  CHECK(body.value("detail", "").find(part) != std::string::npos);
  record_code(code.slug());
}

}  // namespace vcnode::test::serving
