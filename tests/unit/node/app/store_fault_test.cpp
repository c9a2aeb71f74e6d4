// A disk that fails: writes are refused with their code, reads go on, /readyz tells.
#include "node/app/codes.h"
#include "node/app/issuer_service.h"
#include "storage/codes.h"
#include "storage/memory/memory_store.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

struct Fault {
  std::atomic<bool> writes{false};
  std::atomic<int> conflicts{0};
  std::atomic<bool> busy{false};
};

// A store whose writes fail from a moment that the test chooses.
class FaultyStore final : public storage::GroupStore {
 public:
  explicit FaultyStore(std::shared_ptr<Fault> fault)
      : fault_(std::move(fault)), inner_(storage::make_memory_store()) {}

  Result<void> commit(const StoreBatch& batch) override {
    VCNODE_CHECK(check());
    return inner_->commit(batch);
  }
  std::vector<Result<void>> commit_group(const std::vector<const StoreBatch*>& batches) override {
    std::vector<Result<void>> out;
    for (const StoreBatch* batch : batches) out.push_back(commit(*batch));
    return out;
  }
  Result<std::optional<std::string>> note(const feed::OriginHash& o) const override {
    return inner_->note(o);
  }
  Result<std::uint64_t> leaf_count(const feed::OriginHash& o) const override { return inner_->leaf_count(o); }
  Result<std::vector<Bytes>> leaves(const feed::OriginHash& o, std::uint64_t f,
                                    std::uint64_t n) const override {
    return inner_->leaves(o, f, n);
  }
  Result<std::optional<Bytes>> body(const Sha256Digest& d) const override { return inner_->body(d); }
  Result<std::vector<Sha256Digest>> body_digests() const override { return inner_->body_digests(); }
  Result<std::vector<feed::OriginHash>> origins() const override { return inner_->origins(); }
  Result<std::optional<Allocation>> allocation_of(std::string_view id) const override {
    return inner_->allocation_of(id);
  }
  Result<std::optional<Allocation>> allocation_at(std::string_view l, std::uint64_t i) const override {
    return inner_->allocation_at(l, i);
  }
  Result<std::vector<std::uint64_t>> allocated_indexes(std::string_view l) const override {
    return inner_->allocated_indexes(l);
  }
  Result<std::vector<StoredEntry>> entries(std::string_view scid) const override {
    return inner_->entries(scid);
  }
  Result<std::vector<std::string>> entry_scids() const override { return inner_->entry_scids(); }
  Result<std::optional<WitnessPut>> witness_record(const feed::OriginHash& o) const override {
    return inner_->witness_record(o);
  }

 private:
  Result<void> check() {
    if (fault_->writes) return fail(codes::STORE_FAILED, "the test's disk fails");
    if (fault_->busy) return fail(codes::STORE_BUSY, "the test's store is held by another program");
    if (fault_->conflicts > 0) {
      --fault_->conflicts;
      return fail(codes::STORE_CONFLICT, "the test's store moved on");
    }
    return {};
  }
  std::shared_ptr<Fault> fault_;
  std::unique_ptr<storage::GroupStore> inner_;
};

node::NodeOptions options_with(const std::shared_ptr<Fault>& fault) {
  node::NodeOptions options;
  options.open_store = [fault](const std::filesystem::path&) -> Result<std::unique_ptr<storage::GroupStore>> {
    return std::unique_ptr<storage::GroupStore>(std::make_unique<FaultyStore>(fault));
  };
  return options;
}

}  // namespace

TEST_CASE("after a failed write, writing is refused, reading goes on and readyz gives the reason") {
  const TestHome home;
  const auto fault = std::make_shared<Fault>();
  const RunningNode node(home, options_with(fault));
  const json credential = issue(node);
  fault->writes = true;
  CHECK_PROBLEM(node.post("/credentials/status", revocation_of(credential), kIssuerToken), 503,
                codes::STORE_FAILED);
  CHECK(verdict_at(node, credential).at("verdict") == "valid");
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 503,
                codes::STORE_FAILED);
  const Answer ready = node.get("/readyz");
  CHECK(ready.status == 503);
  REQUIRE(ready.body().at("reasons").size() == 1);
  CHECK(ready.body().at("reasons")[0].at("code") == "STORE_FAILED");
  CHECK(ready.body().at("reasons")[0].at("sentence") == codes::STORE_FAILED.sentence);
  CHECK(node.ask({.path = "/readyz", .admin = true}).text.find("the test's disk fails") != std::string::npos);
  CHECK(node.get("/metrics").text.find("vcnode_store_failed 1\n") != std::string::npos);
  CHECK(node.get("/feeds").status == 200);
  fault->writes = false;
  CHECK_PROBLEM(node.post("/credentials/status", revocation_of(credential), kIssuerToken), 503,
                codes::STORE_FAILED);
}

TEST_CASE("a failed allocation hands out nothing") {
  const TestHome home;
  const auto fault = std::make_shared<Fault>();
  const RunningNode node(home, options_with(fault));
  fault->writes = true;
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 503,
                codes::STORE_FAILED);
}

TEST_CASE("an index that turns out to be taken is replaced by another") {
  const TestHome home;
  const auto fault = std::make_shared<Fault>();
  const RunningNode node(home, options_with(fault));
  fault->conflicts = node::kAllocateAttemptsMax - 1;
  CHECK(verdict_at(node, issue(node)).at("verdict") == "valid");
  fault->conflicts = node::kAllocateAttemptsMax;
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 503,
                codes::STORE_CONFLICT);
}

TEST_CASE("a publication that meets a store that moved on is made again") {
  const TestHome home;
  const auto fault = std::make_shared<Fault>();
  const RunningNode node(home, options_with(fault));
  const json credential = issue(node);
  fault->conflicts = 2;
  CHECK(node.post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
  CHECK(verdict_at(node, credential).at("class") == "revoked");
  fault->conflicts = 1'000;
  CHECK_PROBLEM(node.post("/credentials/status", suspension_of(credential, true), kIssuerToken), 503,
                codes::STORE_CONFLICT);
}

TEST_CASE("a store that another program holds refuses for the moment only") {
  const TestHome home;
  const auto fault = std::make_shared<Fault>();
  const RunningNode node(home, options_with(fault));
  const json credential = issue(node);
  fault->busy = true;
  const Answer refused = node.post("/credentials/status", revocation_of(credential), kIssuerToken);
  CHECK_PROBLEM(refused, 503, codes::STORE_BUSY);
  CHECK(refused.headers.at("retry-after") == "1");
  CHECK(refused.text.find("another program holds") == std::string::npos);  // that is for the operator
  CHECK_PROBLEM(node.post("/credentials/issue", {{"credential", sample_credential()}}, kIssuerToken), 503,
                codes::STORE_BUSY);
  CHECK(node.get("/readyz").status == 200);
  fault->busy = false;
  CHECK(node.post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
  CHECK(verdict_at(node, credential).at("class") == "revoked");
}

}  // namespace vcnode::test
