#include "tests/unit/node/app/fixture.h"

#include <fstream>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/key_file.h"
#include "node/app/startup.h"
#include "protocol/did/key.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

namespace vcnode::test {

namespace {

constexpr const char* kPassphrase = "correct horse battery staple";
constexpr KeyFileCost kCheap{.ops = 1, .memory_bytes = 64 * 1024};

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  REQUIRE(out.flush().good());
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

json token_entry(const char* token, const char* role) {
  return {{"name", role}, {"role", role}, {"sha256", hex_encode(sha256(as_bytes(token)).view())}};
}

SecretBytes passphrase() {
  return SecretBytes::copy_of(as_bytes(kPassphrase));
}

}  // namespace

TestHome::TestHome(int issuers) {
  SystemRng rng;
  config.home = path();
  config.network_name = "vcnode-test";
  config.listen_address = "127.0.0.1";
  config.public_url = "https://issuer.test";
  config.store_path = path() / "store.sqlite";
  config.log_level = "info";
  config.worker_threads = 2;
  config.shutdown_ms = 3'000;
  config.node_key_file = path() / "node.json";
  config.tls_certificate = test_certificate().certificate;
  config.tls_key = test_certificate().key;
  write_file(path() / "passphrase", kPassphrase);
  config.passphrase = {PassphraseSource::Kind::file, (path() / "passphrase").string()};
  write_key(config.node_key_file, Ed25519KeyPair::generate(rng), node::kNodeKeyPurpose);
  for (const char* name : {"main", "second", "third"}) {
    if (issuers-- <= 0) break;
    const auto key = Ed25519KeyPair::generate(rng);
    const auto file = path() / concat("issuer-", name, ".json");
    write_key(file, key, node::kIssuerKeyPurpose);
    config.issuers.push_back({name, did_key::did_of(key.public_key()), file});
  }
  const json tokens{{"tokens",
                     {token_entry(kIssuerToken, "issuer"), token_entry(kOperatorToken, "operator"),
                      token_entry(kReadToken, "read")}}};
  write_file(config.tokens_file(), tokens.dump());
}

TestHome& TestHome::add_witness() {
  SystemRng rng;
  config.witness = node::WitnessConfig{path() / "witness.json", "witness.test/witness"};
  write_key(config.witness->key_file, Ed25519KeyPair::generate(rng), node::kWitnessKeyPurpose);
  return *this;
}

TestHome& TestHome::add_verdict_key() {
  SystemRng rng;
  config.verdict_key_file = path() / "verdict.key";
  write_key(*config.verdict_key_file, Ed25519KeyPair::generate(rng), node::kVerdictKeyPurpose);
  return *this;
}

void TestHome::write_key(const std::filesystem::path& file, const Ed25519KeyPair& key,
                         std::string_view purpose) const {
  SystemRng rng;
  const auto text = key_file_seal(key, purpose, passphrase(), kCheap, rng);
  REQUIRE_OK(text);
  REQUIRE_OK(key_file_write(file, *text));
}

RunningNode::RunningNode(const TestHome& home, node::NodeOptions options) {
  start(home.config, std::move(options));
}

RunningNode::RunningNode(node::Config config, node::NodeOptions options) {
  start(std::move(config), std::move(options));
}

void RunningNode::start(node::Config config, node::NodeOptions options) {
  admin_socket_ = config.admin_socket();
  options.log = &log_;
  auto opened = node::Node::open(std::move(config), std::move(options));
  REQUIRE_OK(opened);
  node_ = *std::move(opened);
  auto ready = std::make_shared<std::promise<node::RunningInfo>>();
  auto waiting = ready->get_future();
  ended_ = std::async(std::launch::async, [this, ready] {
    return node_->run([ready](const node::RunningInfo& info) { ready->set_value(info); });
  });
  REQUIRE(waiting.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  info_ = waiting.get();
}

RunningNode::~RunningNode() {
  if (ended_.valid()) stop();
}

void RunningNode::stop() {
  node_->stop("the test is over");
  CHECK_MESSAGE(ended_.wait_for(std::chrono::seconds(10)) == std::future_status::ready,
                "the node does not stop");
  const auto result = ended_.get();
  CHECK_MESSAGE(result.has_value(), describe(result));
  node_.reset();
}

Result<void> RunningNode::wait_for_end() {
  CHECK(ended_.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  auto result = ended_.get();
  node_.reset();
  return result;
}

Answer RunningNode::ask(const Request& request) const {
  node::FetchOptions options;
  options.method = request.method;
  options.url = info_.url + request.path;
  if (request.admin) options.socket = admin_socket_;
  options.body = request.body;
  options.content_type = request.content_type;
  options.bearer = request.token;
  const auto response = node::http_fetch(options);
  REQUIRE_OK(response);
  Answer out{response->status, response->content_type, response->body, {}};
  for (const auto& [name, value] : response->headers) out.headers[lower_case(name)] = value;
  return out;
}

Answer RunningNode::ask_raw(const std::string& method, const std::string& path,
                            const std::vector<std::pair<std::string, std::string>>& headers) const {
  const auto port = static_cast<std::uint16_t>(std::stoi(info_.url.substr(info_.url.rfind(':') + 1)));
  RawConnection connection = RawConnection::to_port(port);
  REQUIRE(connection.start_tls_as_client());
  std::string text = concat(method, " ", path, " HTTP/1.1\r\n");
  for (const auto& [name, value] : headers) text += concat(name, ": ", value, "\r\n");
  REQUIRE(connection.send(text + "\r\n"));
  const RawResponse response = connection.read_response(method == "HEAD");
  const auto type = response.headers.find("content-type");
  return {response.status, type == response.headers.end() ? "" : type->second, response.body,
          response.headers};
}

Answer RunningNode::post(const std::string& path, const json& body, std::optional<std::string> token) const {
  return ask({.method = "POST", .path = path, .body = body.dump(), .token = std::move(token)});
}

json sample_credential() {
  return {{"@context", {"https://www.w3.org/ns/credentials/v2"}},
          {"type", {"VerifiableCredential"}},
          {"validFrom", "2026-01-01T00:00:00Z"},
          {"credentialSubject", {{"id", "did:example:learner"}, {"name", "Aoife"}}}};
}

json issue(const RunningNode& node, json credential) {
  const Answer answer =
      node.post("/credentials/issue", {{"credential", std::move(credential)}}, kIssuerToken);
  REQUIRE_MESSAGE(answer.status == 201, answer.text);
  return answer.body().at("verifiableCredential");
}

json revocation_of(const json& credential, bool value) {
  return {{"credentialId", credential.at("id")},
          {"credentialStatus", json::array({{{"statusPurpose", "revocation"}, {"status", value}}})}};
}

json suspension_of(const json& credential, bool value) {
  return {{"credentialId", credential.at("id")},
          {"credentialStatus", json::array({{{"statusPurpose", "suspension"}, {"status", value}}})}};
}

json verdict_at(const RunningNode& node, const json& credential) {
  const Answer answer =
      node.post("/verdict", {{"credential", credential}, {"trust", {credential.at("issuer")}}});
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  return answer.body().at("verdict");
}

bool is_problem(const Answer& answer, unsigned status, Code code, std::string_view detail_part) {
  if (answer.status != status) return false;
  const json body = json::parse(answer.text, nullptr, false);
  if (!body.is_object()) return false;
  const json& problem = body.contains("problemDetails") ? body.at("problemDetails").at(0) : body;
  if (problem.value("code", "") != code.slug()) return false;
  if (problem.value("type", "") != concat("urn:vcnode:problem:", code.slug())) return false;
  if (problem.value("detail", "").find(detail_part) == std::string::npos) return false;
  record_code(code.slug());
  return true;
}

}  // namespace vcnode::test
