// Writes the seed corpora from our own samples and encoders, or with --check compares what is there with
// them.
//
//   fuzz_make_corpus tests/fuzz/corpus
//   fuzz_make_corpus --check tests/fuzz/corpus
//
// Files named regression-* are inputs that once broke something: kept by hand, never written or removed here.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "crypto/multikey.h"
#include "node/http/tile_path.h"
#include "protocol/did/key.h"
#include "protocol/feed/head.h"
#include "protocol/feed/leaf.h"
#include "protocol/statement/statement.h"
#include "protocol/witness/cosigner.h"
#include "protocol/witness/tlog_proof.h"
#include "tests/fuzz/corpus_facts.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/webvh_cases.h"
#include "tests/unit/protocol/verify/world.h"
#include "tests/unit/protocol/wire/frames.h"

using namespace vcnode;

namespace {

constexpr std::string_view kKept = "regression-";
constexpr std::string_view kListUri = "https://issuer.example/status-lists/1-revocation";

std::map<std::string, std::string> files;  // "json/number" → content

void put(std::string_view target, std::string_view name, std::string content) {
  const bool is_new = files.emplace(concat(target, "/", name), std::move(content)).second;
  VCNODE_ASSERT(is_new);
}

// Names its inputs 01, 02, …
void put_all(std::string_view target, std::string_view name, const std::vector<std::string>& contents) {
  for (std::size_t i = 0; i < contents.size(); ++i)
    put(target, concat(name, i < 9 ? "-0" : "-", i + 1), contents[i]);
}

std::string with_head(std::initializer_list<std::uint8_t> head, std::string_view rest) {
  return std::string(head.begin(), head.end()) + std::string(rest);
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  VCNODE_ASSERT(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string sample(std::string_view name) {
  return read(std::filesystem::path(VCNODE_SAMPLES_DIR) / name);
}

const verify::world::Issuer& known_issuer() {
  static const verify::world::Issuer issuer(0x33);  // the one credential.cpp trusts
  return issuer;
}

void make_json() {
  put("json", "badge", sample("badge.json"));
  put_all("json", "value",
          {"null", "true", " [ ] ", "{}", "\"text\"", "-0", "9007199254740991", "1.5e-7", "[[[[{}]]]]"});
  put_all("json", "refused",
          {"[1,]", "{\"a\":1,\"a\":2}", "\xef\xbb\xbf{}", "\"\\ud800\"", "\"\\u0000\"", "9007199254740992",
           "1e400", "1e17", std::string(70, '[') + std::string(70, ']'), std::string("1\0", 2), "\"\xff\""});
  put("json", "members",
      "{\"\\u20ac\":1,\"\\r\":2,\"1\":{\"f\":\"\\ud83d\\ude00\",\"10\":56.0},\"\\ufb33\":[0.1,1e-9]}");
}

void make_jcs() {
  const auto input = [](std::uint64_t bits, std::string_view a, std::string_view b) {
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xff);
    out += std::string("\0\0\0\x07\x80", 5);
    out += static_cast<char>(a.size());
    return out.append(a).append(b);
  };
  put_all("jcs", "number",
          {input(0x4340000000000001, "", ""), input(0x44b52d02c7e14af6, "a", "b"),
           input(0x0000000000000001, "", "x"), input(0x7fefffffffffffff, "k", "k"),
           input(0x3eb0c6f7a0b5ed8d, "", ""), input(0x8000000000000000, "", "")});
  put_all("jcs", "text",
          {input(1, "\xef\xac\xb3", "\xf0\x9f\x98\x80"), input(1, "\x01\x1f\x7f\"\\/", "\b\f\n\r\t"),
           input(1, "\xff", "")});
}

void make_multibase() {
  const std::string key = multikey_encode(fuzz::issuer().signer.public_key());
  put_all("multibase", "text",
          {with_head({0}, key), with_head({0}, key.substr(1)), with_head({1, 64}, "00ffAB"),
           with_head({0}, "uAAECAwQ"), with_head({0}, "AAECAw=="), with_head({1, 3}, "zzzzzz"),
           with_head({0}, "1112"), with_head({0}, "zl0OI")});
}

void make_did() {
  const std::string did = fuzz::issuer().did.text();
  put_all("did", "did",
          {did, fuzz::issuer().method, "did:web:issuer.example%3A8443:faculty",
           "did:webvh:QmScid:issuer.example?versionId=1#key-1", "did:example:a/path/to?service=files&x=#part",
           "https://issuer.example/a?b#c", "urn:uuid:5b1c0e6c",
           feed::Origin::of("test", fuzz::issuer().did)->text(),
           "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", "did::x", "test",
           "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IkE2RUh2X1BPRUw0ZG"
           "NOMFk1MHZBbVdmazFqQ2JwUTFmSGR5R1pCSlZNYmcifQ#0",
           "did:web:issuer.example:a%20b:%C3%A9"});
}

void make_facts() {
  for (const auto& [name, content] :
       fuzz::facts_corpus(sample("badge.json"), sample("micro-credential.json")))
    put("facts", name, content);
}

// The page's example of every kind, and three that are none.
void make_statement() {
  const std::string page = read(std::filesystem::path(VCNODE_SPEC_DIR) / "statement.md");
  const auto example = [&](statement::Kind kind) {
    const std::string opening = concat(" example=", name_of(kind), "\n");
    const auto begin = page.find(opening);
    VCNODE_ASSERT(begin != std::string::npos);
    const auto text = page.substr(begin + opening.size(), page.find("\n```", begin) - begin - opening.size());
    return nlohmann::json::parse(text);
  };
  for (const statement::Kind kind : statement::kKinds) put("statement", name_of(kind), example(kind).dump());
  auto refused = example(statement::Kind::accreditation);
  refused["credentialSubject"]["scope"]["eqf"] = nlohmann::json::array({5, 8});
  put("statement", "malformed-scope", refused.dump());
  refused = example(statement::Kind::stack_rule);
  refused["credentialSubject"]["rule"]["clauses"][0]["atLeast"] = 3;
  put("statement", "malformed-rule", refused.dump());
  refused = example(statement::Kind::identity);
  refused["type"] = {"VerifiableCredential", "Identity", "Closed"};
  put("statement", "two-kinds", refused.dump());
}

void make_policy() {
  const auto spec = std::filesystem::path(VCNODE_SPEC_DIR) / "policies";
  for (const char* name : {"employer", "recognition-centre", "university-admission"})
    put("policy", name, read(spec / concat(name, ".json")));
  put_all(
      "policy", "value",
      {R"({})",
       R"({"anchors":[{"id":"did:web:a.example","for":{"country":["*"],"maxEcts":60}},{"id":"did:web:a.example"}]})",
       R"({"trust":["did:web:a.example"],"witnesses":"quorum none\n","observers":["did:web:b.example"],"observerQuorum":1})",
       R"({"oneSidedAgreements":true})",
       R"({"anchors":[{"id":"did:web:a.example"}],"onUnknown":"not-established","v":1,"needElements":[1,16]})"});
}

void make_trqp() {
  const auto query = [](std::string_view entity, std::string_view authority, std::string_view action,
                        std::string_view context) {
    return concat(R"({"entity_id":"did:web:)", entity, R"(.example","authority_id":"did:web:)", authority,
                  R"(.example","action":")", action,
                  R"(","resource":"https://vcnode.example/ns/recognition/v1#MicroCredential")", context, "}");
  };
  put_all(
      "trqp", "query",
      {query("uni", "ee", "issue",
             R"(,"context":{"time":"2025-03-01T00:00:00Z","country":"EE","eqf":"6","isced":"0714"})"),
       query("qa", "ee", "accredit", ""), query("ee", "lv", "recognise", R"(,"context":{"x":"y"})"),
       query("uni", "mars", "issue", ""), query("uni", "ee", "issue", R"(,"context":{"time":"2025-03-01"})"),
       query("ee", "lv", "recognize", R"(,"recognized":true,"time_evaluated":"2026-01-01T00:00:00Z")")});
}

void make_credential() {
  namespace world = verify::world;
  const auto& issuer = known_issuer();
  const auto badge = world::badge(issuer);
  put("credential", "signed", world::sign(issuer, badge));
  put("credential", "signed-by-another", world::sign(world::Issuer(0x44), badge));
  auto expired = badge;
  expired["validUntil"] = world::kIssuedAt.plus_seconds(60).to_string();
  put("credential", "expired", world::sign(issuer, expired));
  put("credential", "unsigned", jcs::canonicalize(badge).value());
  put("credential", "sample-badge", sample("badge.json"));
  put("credential", "sample-micro-credential", sample("micro-credential.json"));
  put("credential", "jws", "eyJhbGciOiJFZERTQSJ9.e30.AAAA");
  put("credential", "sd-jwt", "eyJhbGciOiJFZERTQSJ9.e30.AAAA~WyJzIiwiYSIsMV0~");
  put("credential", "enveloped",
      R"({"@context":"https://www.w3.org/ns/credentials/v2","id":"data:application/vc+jwt,e30","type":"EnvelopedVerifiableCredential"})");
  put("credential", "version-1",
      R"({"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],"issuer":"did:example:a","issuanceDate":"2020-01-01T00:00:00Z","credentialSubject":{}})");
  put("credential", "all-members",
      R"({"@context":["https://www.w3.org/ns/credentials/v2",{"@vocab":"https://a.example/","T":"https://a.example/T"}],"id":"urn:a:1",)"
      R"("type":["VerifiableCredential","T"],"issuer":"did:example:a","name":{"@value":"n","@language":"en","@direction":"ltr"},"description":[{"@value":"d"}],)"
      R"("validFrom":"2026-01-01T00:00:00+01:00","validUntil":"2027-01-01T00:00:00.5Z","credentialSubject":[{"id":"urn:s"},{"a":1}],)"
      R"("credentialStatus":{"id":"urn:st","type":"X"},"credentialSchema":{"id":"urn:sc","type":"Y"},"evidence":{"type":"E"},"termsOfUse":{"type":"U"},)"
      R"("refreshService":{"type":"R"},"relatedResource":{"id":"urn:r","digestMultibase":"uAAAA"}})");
}

void make_proof() {
  const auto document = nlohmann::json::parse(sample("badge.json"));
  credential::ProofOptions options;
  options.verification_method = fuzz::issuer().method;
  options.created = Timestamp(1'793'523'600);
  options.id = "urn:proof:0";
  auto secured = credential::add_proof(document, options, fuzz::issuer().signer).value();
  put("proof", "one", with_head({0}, secured.dump()));
  options = {};
  options.verification_method = fuzz::stranger().method;
  options.created = Timestamp(1'793'523'601);
  options.previous_proofs = {"urn:proof:0"};
  put("proof", "chain",
      with_head({0}, credential::add_proof(secured, options, fuzz::stranger().signer)->dump()));
  put("proof", "small-signed", with_head({1, 0}, std::string(16, '\0') + R"({"a":[1,{"b":"c"}]})"));
  const std::string chain("\0\2\0\0\0\1\1\0\0\1\3\0\0\0\0\0", 16);
  put("proof", "chain-signed",
      with_head({1, 6, 0, 0, 0, 9, 0, 0}, chain + R"({"@context":["urn:c"],"a":1})"));
  put("proof", "edited",
      with_head({1, 9, 0, 1, 0, 30, 0, 3, 4, 1, 'x'},
                chain + R"({"@context":["urn:c","urn:d"],"type":["T"]})"));
  put("proof", "shapeless",
      with_head({0}, R"({"proof":[{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022"},7]})"));
}

void make_checkpoint() {
  const auto origin = feed::Origin::of("test", fuzz::issuer().did).value();
  const auto& key = fuzz::issuer().signer.public_key();
  const merkle::TreeHead tree{17, merkle::leaf_hash(as_bytes("leaf"))};
  const auto head = feed::sign_head(origin, tree, Timestamp(1'795'353'000), fuzz::issuer().signer).value();
  put("checkpoint", "head", with_head({0}, head.note));
  put("checkpoint", "text", with_head({0}, feed::Checkpoint{origin.text(), tree}.text()));
  put("checkpoint", "key",
      with_head({0}, feed::NoteKey{"a.example/log", feed::NoteKeyType::ed25519, key}.vkey()));
  put("checkpoint", "witnessed", with_head({0}, head.note + "\xE2\x80\x94 witness.example AAAAAAECAwQ=\n"));
  put_all("checkpoint", "edited",
          {with_head({1, 0, 9, 1, 0, 0, 0, 10, 0, 0, 0, 60, 0, 1, 1}, ""),
           with_head({1, 0, 0, 0, 0x6b, 0, 0, 0, 0, 2, 0, 200, 0, 2, 160, 0, 3, 0, 1, 0}, "")});
}

void make_witness() {
  const std::string log = "a.example/log";
  auto& signer = fuzz::issuer().signer;
  const feed::NoteKey log_key{log, feed::NoteKeyType::ed25519, signer.public_key()};
  const feed::NoteKey witness_key{"w1", feed::NoteKeyType::cosignature_v1,
                                  fuzz::stranger().signer.public_key()};
  put("witness", "policy",
      with_head({0}, concat("# one\nlog ", log_key.vkey(), " https://a.example/\nwitness w1 ",
                            witness_key.vkey(), "\ngroup g any w1\nquorum g\n")));
  put("witness", "policy-none", with_head({0}, "quorum none\n"));
  const std::vector leaves{merkle::leaf_hash(as_bytes("0")), merkle::leaf_hash(as_bytes("1"))};
  const std::string text = feed::Checkpoint{log, {2, merkle::root_of(leaves)}}.text();
  const std::string note = text + "\n" + feed::signature_line(text, log_key, signer).value();
  put("witness", "proof", with_head({1}, witness::TlogProof{Bytes{7}, 1, {leaves[0]}, note}.text()));
  put("witness", "request", with_head({2}, witness::AddCheckpoint{1, {leaves[1]}, note}.text()));
  put_all("witness", "edited",
          {with_head({3, 9, 4, 0, 9, 0, 8, 0, 0, 5}, "x"), with_head({3, 8, 0, 0, 0, 0, 0, 2, 0, 0, 9}, ""),
           with_head({3, 5, 5, 1, 0, 0, 1, 1, 0, 40, 0, 3}, "old")});
}

void make_status_list() {
  auto bitmap = status::Bitmap::zero(status::kListEntriesMin);
  for (const std::uint64_t index : {0u, 9u, 94'567u, 131'071u})
    bitmap.set(status::StatusIndex(index), true).value();
  const std::string encoded = bitmap.encode();
  put("status_list", "encoded", with_head({0}, encoded));
  const auto gzip = base64url_decode(std::string_view(encoded).substr(1), encoded.size()).value();
  put("status_list", "gzip", with_head({1}, as_text(gzip)));
  // 8 and 2048 bytes in stored blocks, the simplest gzip there is: header, one block, CRC, size.
  put("status_list", "gzip-stored",
      with_head(
          {1, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 1, 0, 0xfe, 0xff, 0, 0x8d, 0xef, 2, 0xd2, 1, 0, 0, 0},
          ""));
  put("status_list", "bits", with_head({2, 0, 0, 9, 1, 1, 0xff, 0xff, 1, 2, 0, 0, 1}, ""));
  put("status_list", "signed", with_head({3, 8, 0, 0, 0, 80, 0, 0, 'x', 0, 0, 0, 5, 1}, ""));
  put("status_list", "document",
      with_head({4}, verify::world::signed_list(verify::world::Issuer(0x11), kListUri,
                                                status::Purpose::revocation, {7})));
  put("status_list", "entry",
      with_head({4}, verify::world::status_entry(status::Purpose::suspension, kListUri, 94'567).dump()));
  put("status_list", "index", with_head({4}, "131071"));
}

void make_merkle() {
  put_all(
      "merkle", "tree",
      {with_head({0, 0, 0}, ""), with_head({0, 0, 1, 7, 0, 0}, ""),
       with_head({0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 3, 0, 5, 0, 1}, ""),
       with_head({0, 0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 10, 1, 0, 0, 0, 2, 0, 3, 0, 7, 0, 2}, "")});
  put("merkle", "huge", with_head({1}, std::string(16, '\xff') + std::string("\0\x40", 2)));
  const feed::Leaf leaf{std::string(feed::kStatusLeaf), concat(kListUri, "#3"), std::string(64, 'a')};
  put("merkle", "leaf", with_head({2}, as_text(leaf.encode())));
  put("merkle", "leaf-key", with_head({2}, leaf.key));
  const std::vector<Bytes> entries = {to_bytes("one"), to_bytes(""), leaf.encode()};
  put("merkle", "bundle", with_head({3, 3}, as_text(node::entry_bundle(entries))));
  put_all("merkle", "tile",
          {with_head({3, 0}, node::tile_path(1'234'067, 256)), with_head({3, 0}, node::tile_path(7, 3))});
}

void make_frame() {
  for (const wire::Frame& frame : test::sample_frames()) {
    const Bytes bytes = wire::encode(frame);
    put("frame", concat("whole-", wire::frame_name(frame)), with_head({0}, as_text(bytes)));
    const auto kind = static_cast<std::uint8_t>(frame.index() + 1);
    put("frame", concat("content-", wire::frame_name(frame)),
        with_head({kind}, as_text(BytesView(bytes).subspan(2))));
  }
}

void make_hello() {
  put_all("hello", "good",
          {with_head({1, 0, 5, 0, 0, 1, 0}, ""),
           with_head({1, 1, 5, 0, 0, 1, 0, 5, 9, 2, 0x80, 0, 4, 0, 0, 0, 0}, "")});
  put_all("hello", "bent",
          {with_head({1, 0, 5, 1, 0}, ""), with_head({1, 1, 5, 0, 1, 2}, ""), with_head({1, 1, 5, 0, 2}, ""),
           with_head({1, 1, 5, 0, 3}, ""), with_head({1, 1, 5, 0, 0, 1, 1}, ""),
           with_head({1, 0, 5, 0, 0, 1, 2}, ""), with_head({1, 0, 5, 0, 0, 1, 3, 0, 7}, ""),
           with_head({1, 0, 5, 2, 0xff, 0xff}, "")});
  std::string frames = with_head({1, 1, 5, 0, 0, 1, 0}, "");
  for (const wire::Frame& frame : test::sample_frames()) {
    const Bytes bytes = wire::encode(frame);
    if (bytes.size() > 255) continue;
    frames += with_head({9, static_cast<std::uint8_t>(bytes.size())}, as_text(bytes));
  }
  put("hello", "then-frames", frames);
}

void make_http_request() {
  const auto connection = [](std::string_view text) { return with_head({0, 6}, text); };
  put_all(
      "http_request", "connection",
      {connection("GET /healthz HTTP/1.1\r\nHost: a.example\r\n\r\n"),
       connection("POST /credentials/verify?x=1&y=%20z HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}GET "
                  "/ HTTP/1.1\r\n"),
       connection("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nT: "
                  "v\r\n\r\n"),
       connection(
           "GET /peer HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
           "AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"),
       connection("PUT http://b.example/a%2Fb HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
       connection("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n"),
       connection("OPTIONS * HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
       connection("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
       connection("\x16\x03\x01 TLS")});
  put_all("http_request", "target",
          {with_head({1}, "/a%20b?c=d+e&f"), with_head({1}, "https://a.example/x?y"), with_head({1}, "*"),
           with_head({1}, "/%00")});
  put_all("http_request", "answer",
          {with_head({2, 0, 0, 0, 0, 0, 4}, "etag\x03\"a\"body"), with_head({2, 0, 1, 1, 0, 4, 0, 0}, ""),
           with_head({2, 1, 0, 0, 0, 104, 0, 1}, "\n")});
}

constexpr std::string_view kConfig = R"([network]
name = "test"
admit = ["did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"]
[http]
listen = "127.0.0.1:8443"
public_url = "https://node.example"
hosts = ["localhost"]
[keys]
passphrase = "file:passphrase"
[server]
worker_threads = 2
shutdown_ms = 1_000
[log]
level = "warn"
[[issuer]]
name = "main"
did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
key_file = "keys/issuer-main.json"
[[peer]]
url = "wss://[::1]:9443/peer"
node_key = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
)";

void make_config() {
  put("config", "whole", std::string(kConfig));
  put("config", "environment", concat("VCNODE_HTTP_LISTEN=[::1]:0", std::string_view("\0", 1), kConfig));
  put("config", "environment-list",
      concat("VCNODE_NETWORK_ADMIT=did:key:a,did:key:b", std::string_view("\0", 1), kConfig));
  put("config", "environment-slip", concat("VCNODE_LOG_LEVAL=info", std::string_view("\0", 1), kConfig));
  put("config", "unknown-key", "[network]\nnaem = \"test\"\n");
  put("config", "unknown-list", "[[peers]]\nurl = \"wss://a\"\n");
  put("config", "missing", "[network]\nname = \"test\"\n");
  put("toml", "whole", std::string(kConfig));
  put_all("toml", "value",
          {"a = 'x'\nb = \"\"\"\nlong \\u00e9\"\"\"\n", "a = [ 'x', \"y\", ]\nb = true\nc = 0xff\n",
           "a = 1979-05-27T07:32:00Z\n", "a = 1.5e3\n", "a = {b = {c = 1}}\n",
           "[a.b]\nc = 1\n[[d]]\n[[d]]\ne = 1\n", "a = [[[[[[]]]]]]\n", "a.\"b c\".d = 1\n", "a = 1\na = 2\n",
           "a = \"\\u0007\"\n", "a = [{}, {b = 1}]"});
}

void make_url() {
  put_all(
      "url", "url",
      {"https://node.example", "wss://node.example:9443/peer", "https://[::1]:8443/a?b=c#d",
       "wss://[fe80::1]/", "https://127.0.0.1:0/", "HTTPS://Node.Example:443/", "https://user@host/",
       "https://a:8x/", "127.0.0.1:8443", "[::1]:1", "name:0", "wss://h/a b", "https://[v1.x]/", "main-1"});
}

void make_time() {
  put_all("time", "time",
          {"2026-11-22T13:50:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
           "2024-02-29T23:59:59.999999+14:00", "2023-02-29T00:00:00Z", "2026-11-22T13:50:60Z",
           "2026-11-22t13:50:00z", "2026-11-22T13:50:00-00:00", "0001-01-01T00:00:00+00:01",
           "2026-11-22T24:00:00Z"});
}

void make_webvh_log() {
  std::uint8_t index = 0;
  for (const auto& log : test::webvh::log_cases()) {
    const bool whole = log.code == "ok" || log.name.find("witness") != std::string::npos;
    const std::string text = log.log.text() + '\0' + webvh::write_witness_file(log.log.proofs());
    if (whole) put("webvh_log", "log-" + log.name, with_head({0}, text));
    if (!whole && index % 4 == 0)
      put("webvh_log", "edited-" + log.name, with_head({1, index, 1, 0, 40, 3}, "x"));
    ++index;
  }
  const std::string scid = "did:webvh:QmTfEe3A1wGBTsnGcrEXuJzZ2kd6jjQtvts1t9azJnby5W:";
  std::vector<std::string> dids;
  for (const std::string& location :
       {std::string("uni.example"), std::string("uni.example%3A8443:vet:a%20b") + '\0' + "/x/y%20z/",
        std::string("xn--mnchen-3ya.example:%252E") + '\0' + "/whois", std::string("0x7f.1"),
        std::string("uni.example:%2e%2E"), std::string("uni.example") + '\0' + "/a/../b"})
    dids.push_back(with_head({2}, scid + location));
  put_all("webvh_log", "did", dids);
  put("webvh_log", "witness-file", with_head({3}, R"([{"versionId":"1-Qm","proof":[]},{},5])"));
}

void make_all() {
  make_webvh_log();
  make_json();
  make_jcs();
  make_multibase();
  make_did();
  make_credential();
  make_facts();
  make_statement();
  make_policy();
  make_trqp();
  make_proof();
  make_checkpoint();
  make_witness();
  make_status_list();
  make_merkle();
  make_frame();
  make_hello();
  make_http_request();
  make_config();
  make_url();
  make_time();
}

int write_all(const std::filesystem::path& root) {
  for (const auto& [name, content] : files) {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name, std::ios::binary) << content;
  }
  std::cout << files.size() << " files written\n";
  return 0;
}

int check_all(const std::filesystem::path& root) {
  std::size_t made = 0, kept = 0, wrong = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_directory()) continue;
    const std::string name = std::filesystem::relative(entry.path(), root).generic_string();
    const auto found = files.find(name);
    const bool is_kept = entry.path().filename().string().starts_with(kKept);
    const bool is_right = found == files.end() ? is_kept : found->second == read(entry.path());
    ++(is_kept ? kept : made);
    if (!is_right) std::cerr << name << " is not what fuzz_make_corpus writes\n";
    wrong += is_right ? 0 : 1;
  }
  std::cout << made << " of " << files.size() << " files are there, " << kept << " are kept by hand, "
            << wrong << " wrong\n";
  return made == files.size() && wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool check = arguments.size() == 2 && arguments[0] == "--check";
  if (!check && arguments.size() != 1) {
    std::cerr << "usage: fuzz_make_corpus [--check] DIR\n";
    return 64;
  }
  make_all();
  return check ? check_all(arguments[1]) : write_all(arguments[0]);
}
