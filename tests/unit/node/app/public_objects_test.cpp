// Feeds, bodies, status lists and DID resolution: what anybody may read.
#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/http/tile_path.h"
#include "protocol/did/key.h"
#include "protocol/feed/head.h"
#include "protocol/feed/leaf.h"
#include "tests/unit/node/app/fixture.h"

namespace vcnode::test {

namespace {

std::string feed_path(const RunningNode& node) {
  return "/feeds/" + node.get("/feeds").body().at(0).at("originHash").get<std::string>();
}

}  // namespace

TEST_CASE("a feed can be read whole over HTTP and proves itself") {
  const TestHome home;
  const RunningNode node(home);
  const Answer list = node.get("/feeds");
  CHECK(list.headers.at("access-control-allow-origin") == "*");
  REQUIRE(list.body().size() == 1);
  const json row = list.body().at(0);
  CHECK(row.at("issuer") == home.did().text());
  CHECK(row.at("size") == 2);
  CHECK(row.at("pending") == nullptr);
  CHECK(row.at("missingBodies") == json::array());
  CHECK(row.at("contradicted") == false);

  const std::string base = feed_path(node);
  const Answer note = node.get(base + "/checkpoint");
  CHECK(note.type.starts_with("text/plain"));
  const auto origin = feed::Origin::parse(row.at("origin").get<std::string>());
  REQUIRE_OK(origin);
  CHECK(hex_encode(origin->hash().view()) == row.at("originHash"));
  const auto head = feed::verify_head(note.text, *origin, *did_key::key_of(home.did()));
  REQUIRE_OK(head);
  CHECK(head->tree.size == 2);

  const Answer tile = node.get(base + "/tile/entries/000.p/2");
  REQUIRE(tile.status == 200);
  CHECK(tile.headers.at("cache-control").find("immutable") != std::string::npos);
  const auto leaves = node::parse_entry_bundle(as_bytes(tile.text), 2);
  REQUIRE_OK(leaves);
  feed::FeedReplica replica(*origin, home.did(), *did_key::key_of(home.did()));
  const auto extended = replica.extend(*head, *leaves);
  CHECK(extended.has_value());
  for (const Bytes& bytes : *leaves) {
    const auto leaf = feed::Leaf::parse(bytes);
    REQUIRE_OK(leaf);
    const Answer body = node.get("/bodies/" + leaf->digest);
    REQUIRE(body.status == 200);
    CHECK(hex_encode(sha256(as_bytes(body.text)).view()) == leaf->digest);
  }
}

TEST_CASE("only canonical addresses of entries below the head answer") {
  const TestHome home;
  const RunningNode node(home);
  const std::string tiles = feed_path(node) + "/tile/entries/";
  CHECK(node.get(tiles + "000.p/1").status == 200);
  for (const char* bad :
       {"000", "000.p/3", "001", "000.p/02", "000.p/0", "000.p/256", "0", "00", "0000", "x000/000.p/1", "-01",
        "+01", "000.p/", "000.p/x", "x001/", "999999999999999999999"}) {
    CHECK_PROBLEM(node.get(tiles + bad), 404, codes::NOT_FOUND);
  }
  for (const char* bad : {"/feeds/00/checkpoint", "/bodies/xyz", "/bodies/00"})
    CHECK_PROBLEM(node.get(bad), 404, codes::NOT_FOUND);
  const std::string nobody(64, '0');
  CHECK_PROBLEM(node.get("/feeds/" + nobody + "/checkpoint"), 404, codes::NOT_FOUND);
  CHECK_PROBLEM(node.get("/feeds/" + nobody + "/tile/entries/000"), 404, codes::NOT_FOUND);
  CHECK_PROBLEM(node.get("/bodies/" + nobody), 404, codes::NOT_FOUND, nobody);
  std::string upper = feed_path(node);
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  CHECK_PROBLEM(node.get("/feeds/" + upper.substr(7) + "/checkpoint"), 404, codes::NOT_FOUND,
                "64 lower-case");
}

TEST_CASE("a status list is served at its URI's path, with a tag and in the type asked for") {
  const TestHome home;
  const RunningNode node(home);
  const json credential = issue(node);
  const auto uri = credential.at("credentialStatus")[0].at("statusListCredential").get<std::string>();
  const std::string path = uri.substr(home.config.public_url.size());
  const Answer list = node.get(path);
  REQUIRE(list.status == 200);
  CHECK(list.type == "application/vc");
  CHECK(list.body().at("id") == uri);
  CHECK(list.headers.at("cache-control") == "public, no-cache");
  const std::string tag = list.headers.at("etag");
  CHECK(node.ask_raw("GET", path, {{"Host", "issuer.test"}, {"If-None-Match", tag}}).status == 304);
  CHECK(node.ask_raw("GET", path,
                     {{"Host", "issuer.test"}, {"Accept", "application/ld+json, application/json"}})
            .type == "application/json");
  CHECK(node.ask_raw("GET", path, {{"Host", "issuer.test"}, {"Accept", "application/vc, application/json"}})
            .type == "application/vc");
  REQUIRE(node.post("/credentials/status", revocation_of(credential), kIssuerToken).status == 200);
  CHECK(node.ask_raw("GET", path, {{"Host", "issuer.test"}, {"If-None-Match", tag}}).status == 200);
  CHECK_PROBLEM(node.get("/status-lists/main-9-revocation"), 404, codes::NOT_FOUND);
  CHECK_PROBLEM(node.get("/status-lists/revocation"), 404, codes::NOT_FOUND, "'revocation'");
}

TEST_CASE("a did:key resolves, its key URL dereferences") {
  const TestHome home;
  const RunningNode node(home);
  const std::string did = home.did().text();
  const Answer resolved = node.get("/1.0/identifiers/" + did);
  REQUIRE(resolved.status == 200);
  CHECK(resolved.body().at("didDocument").at("id") == did);
  CHECK(resolved.body().at("didResolutionMetadata").at("contentType") == "application/did");
  CHECK(resolved.body().contains("didDocumentMetadata"));
  CHECK(resolved.headers.at("access-control-allow-origin") == "*");
  const std::string key = did.substr(did.rfind(':') + 1);
  const Answer method = node.get("/1.0/identifiers/" + did + "%23" + key);
  REQUIRE_MESSAGE(method.status == 200, method.text);
  CHECK(method.body().at("didDocument").at("type") == "Multikey");
  CHECK(method.body().at("didDocument").at("controller") == did);
  CHECK(method.body().contains("didDereferencingMetadata"));
}

TEST_CASE("a did:jwk resolves, its key URL dereferences, and nothing is ever fetched for a did:web") {
  const TestHome home;
  const RunningNode node(home);
  // X25519 example of the did:jwk specification.
  const std::string did =
      "did:jwk:"
      "eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYm"
      "VHZE5yZngtRkctSUswOCJ9";
  const Answer resolved = node.get("/1.0/identifiers/" + did);
  REQUIRE_MESSAGE(resolved.status == 200, resolved.text);
  CHECK(resolved.body().at("didDocument").at("id") == did);
  CHECK(resolved.body().at("didDocument").at("keyAgreement") == json::array({did + "#0"}));
  const Answer method = node.get("/1.0/identifiers/" + did + "%230?publicKeyFormat=JsonWebKey2020");
  REQUIRE_MESSAGE(method.status == 200, method.text);
  CHECK(method.body().at("didDocument").at("publicKeyJwk").at("crv") == "X25519");
  CHECK(node.get("/1.0/identifiers/" + did + "%231").status == 404);
  CHECK(node.get("/1.0/identifiers/" + did + "?versionId=1").status == 404);
  CHECK(node.get("/1.0/identifiers/" + did + "?publicKeyFormat=Multikey").status == 400);
  CHECK(node.get("/1.0/identifiers/did:jwk:e30").body().at("didResolutionMetadata").at("error") ==
        "invalidPublicKey");
  CHECK(node.get("/1.0/identifiers/did:web:example.org").status == 501);
}

TEST_CASE("resolution errors have the names and statuses of the did:key specification") {
  const TestHome home;
  const RunningNode node(home);
  const std::string did = home.did().text();
  const std::string key = did.substr(did.rfind(':') + 1);
  struct Row {
    std::string path;
    unsigned status;
    const char* error;
    const char* member = "didResolutionMetadata";
  };
  const std::vector<Row> rows = {
      {key, 400, "invalidDid"},
      {"did:" + key, 400, "invalidDid"},
      {"did:key:-4:" + key, 400, "invalidDid"},
      {"did:key:" + key.substr(1), 400, "invalidDid"},
      {"did:key:@", 400, "invalidDid"},
      {"did:web:example.org", 501, "methodNotSupported"},
      {"did:key:zTjsVPtY", 400, "invalidPublicKeyLength"},
      {"did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", 400, "unsupportedPublicKeyType"},
      {did + "?publicKeyFormat=unknown", 400, "unsupportedPublicKeyType"},
      {did + "?publicKeyFormat=Ed25519VerificationKey2018", 400, "invalidPublicKeyType"},
      {did + "?versionId=1", 404, "notFound"},
      {did + "%23other", 404, "notFound", "didDereferencingMetadata"},
      {did + "%2Fpath", 404, "notFound", "didDereferencingMetadata"},
      {"did:key:@%23x", 400, "invalidDidUrl", "didDereferencingMetadata"},
      {did + "%23" + key + "?publicKeyFormat=Ed25519VerificationKey2018", 400, "invalidPublicKeyType",
       "didDereferencingMetadata"},
  };
  for (const Row& row : rows) {
    const Answer answer = node.get("/1.0/identifiers/" + row.path);
    CHECK_MESSAGE(answer.status == row.status, row.path, ": ", answer.text);
    const json body = answer.body();
    REQUIRE(body.contains(row.member));
    CHECK_MESSAGE(body.at(row.member).at("error") == row.error, row.path, ": ", answer.text);
    CHECK(body.at("didDocument") == nullptr);
  }
  CHECK(node.get("/1.0/identifiers/" + did + "?publicKeyFormat=Multikey").status == 200);
}

TEST_CASE("a node that is a witness cosigns the feed it holds") {
  TestHome home;
  const RunningNode node(home.add_witness());
  const std::string note = node.get(feed_path(node) + "/checkpoint").text;
  const std::string vkey = node.get("/witness/key").text;
  const auto key = feed::NoteKey::parse(std::string_view(vkey).substr(0, vkey.size() - 1));
  REQUIRE_OK(key);
  const Answer answer = node.ask({.method = "POST",
                                  .path = "/witness/add-checkpoint",
                                  .body = "old 0\n\n" + note,
                                  .content_type = "text/plain"});
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  const auto cosigned = feed::Note::parse(note + answer.text);
  REQUIRE_OK(cosigned);
  CHECK(feed::verify_cosignature(*cosigned, *key).has_value());
  const TestHome plain;
  const RunningNode other(plain);
  CHECK_PROBLEM(other.ask({.method = "POST", .path = "/witness/add-checkpoint", .body = "old 0\n\n" + note}),
                404, codes::NOT_FOUND);
}

}  // namespace vcnode::test
