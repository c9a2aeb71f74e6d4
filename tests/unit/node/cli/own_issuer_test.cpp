// Commands that change a DID, against a node that is played: what is on disk before an entry leaves, and what
// a second run finds after the first was cut off anywhere.
#include "node/cli/own_issuer.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/codes.h"
#include "crypto/multikey.h"
#include "node/app/codes.h"
#include "node/codes/cli_codes.h"
#include "node/config/identity.h"
#include "node/http/codes.h"
#include "protocol/issuer/codes.h"
#include "protocol/webvh/author.h"
#include "protocol/webvh/codes.h"
#include "tests/support/doctest.h"

using namespace vcnode;
using namespace vcnode::cli;

namespace {

using Json = nlohmann::json;
constexpr Timestamp kHomeNow{1'795'392'000};

// One home, and its node: takes entries that follow, like the real one.
struct Played {
  std::filesystem::path path;
  node::Config config;
  std::vector<std::string> log;
  Json feed;  // as GET answers
  std::vector<std::string>
      refusals;  // codes for the next POSTs; "lost": taken, but no answer; "gone": and stopped
  int posts = 0, waits = 0;
  bool gone = false;
  std::int64_t seconds = 0;
  std::function<void()> at_post, at_get;
  Json posted, warnings;  // the last request; of the next answer

  Played() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vcnode-own-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
    node::InitOptions options;
    options.home = path / "home";
    options.fast_key_file = true;
    options.domain = "uni.example";
    options.now = kHomeNow;
    SystemRng rng;
    const auto made = node::init_home(options, rng);
    REQUIRE_OK(made);
    log.push_back(made->first_entry->body);
    auto loaded = node::load_config(path / "home");
    REQUIRE_OK(loaded);
    config = *std::move(loaded);
  }
  ~Played() { std::filesystem::remove_all(path); }

  static node::HttpResponse answer(unsigned status, const Json& body) {
    return {status, "application/json", body.dump(), {}};
  }
  Result<node::HttpResponse> ask(const std::string& method, const std::string& body) {
    if (gone) return fail(codes::HTTP_UNREACHABLE, "nobody there");
    if (method == "GET") {
      if (at_get) at_get();
      return answer(200, {{"log", log}, {"feed", feed}, {"epoch", 1}});
    }
    ++posts;
    posted = Json::parse(body);
    if (at_post) at_post();
    const std::string refusal = refusals.empty() ? "" : refusals.front();
    if (!refusals.empty()) refusals.erase(refusals.begin());
    if (!refusal.empty() && refusal != "lost" && refusal != "gone")
      return answer(409, {{"code", refusal}, {"detail", "not so"}});
    log.push_back(posted.at("entry"));
    gone = refusal == "gone";
    if (gone || refusal == "lost") return fail(codes::HTTP_TIMEOUT, "no answer");
    return answer(200, {{"versionId", "x"}, {"head", nullptr}, {"warnings", warnings}});
  }
  Result<OwnIssuer> open(IdentityChoice choice = {}) {
    return OwnIssuer::open({config, std::move(choice),
                            [this](const std::string& method, const std::string&, const std::string& body) {
                              return ask(method, body);
                            },
                            [this] { return kHomeNow.plus_seconds(++seconds); }, [this] { ++waits; }});
  }
  Result<void> rotate(IdentityChoice choice = {}) {
    VCNODE_TRY(auto own, open(std::move(choice)));
    VCNODE_TRY(const auto key, own.fresh_key(node::kAssertionKeyPurpose, OwnIssuer::Leftover::used));
    return own.change(
        [&](const OwnIssuer& now, const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
          VCNODE_TRY(auto body, issuer::rotate_assertion_key(now.log(), key, hand));
          return std::vector<issuer::EntryBody>{std::move(body)};
        });
  }
  enum class Recovers : std::uint8_t { no, yes };
  Result<void> rotate_feed(Recovers recovers = Recovers::no) {
    VCNODE_TRY(auto own, open());
    if (recovers == Recovers::yes) own.recover(false);
    VCNODE_TRY(const auto key, own.fresh_key(node::kFeedKeyPurpose, OwnIssuer::Leftover::used));
    return own.change(
        [&](const OwnIssuer& now, const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
          VCNODE_TRY(auto body, issuer::rotate_feed_key(now.log(), key, now.end_of_feed(), hand));
          return std::vector<issuer::EntryBody>{std::move(body)};
        });
  }
  [[nodiscard]] Json feed_of(std::uint64_t size) const {
    return {{"size", size}, {"root", hex_encode(merkle::leaf_hash(as_bytes("some")).view())}};
  }
  [[nodiscard]] std::filesystem::path update_folder() const { return path / "home-update-keys" / "main"; }
  [[nodiscard]] std::size_t update_files() const { return node::list_keys(update_folder())->size(); }
  [[nodiscard]] std::size_t key_files() const {
    return node::list_keys(path / "home" / "keys" / "main")->size();
  }
  [[nodiscard]] std::size_t retired(const std::filesystem::path& folder) const {
    return node::list_keys(folder / node::kRetiredFolder)->size();
  }
};

}  // namespace

TEST_CASE(
    "a rotation writes its keys before the entry leaves, and puts the old ones away after it is published") {
  Played played;
  std::size_t keys = 0, update = 0;
  played.at_post = [&] {
    keys = played.key_files();
    update = played.update_files();
  };
  REQUIRE_OK(played.rotate());
  CHECK(keys == 3);
  CHECK(update == 3);
  CHECK(played.key_files() == 2);
  CHECK(played.retired(played.path / "home" / "keys" / "main") == 1);
  CHECK(played.update_files() == 1);
  CHECK(played.retired(played.update_folder()) == 2);
  const auto own = played.open();
  REQUIRE_OK(own);
  CHECK(own->log().versions().size() == 2);
  CHECK(issuer::assertion_methods(own->log().newest()).at(0).id.ends_with("#assertion-2"));
  REQUIRE_OK(played.rotate());
  CHECK(played.open()->log().versions().size() == 3);
}

TEST_CASE(
    "a second run after a refusal uses the keys of the first; one after a lost answer goes on from there") {
  Played played;
  played.refusals = {std::string(codes::SERVER_BUSY.slug)};
  CHECK_CODE_NAMES(played.rotate(), codes::SERVER_BUSY, "not so");
  CHECK(played.key_files() == 3);
  CHECK(played.update_files() == 3);
  played.refusals = {"gone"};
  CHECK_CODE(played.rotate(), codes::HTTP_TIMEOUT);
  played.gone = false;
  CHECK(played.key_files() == 3);
  CHECK(played.update_files() == 3);
  CHECK(played.log.size() == 2);
  REQUIRE_OK(played.rotate());
  CHECK(played.log.size() == 3);
  CHECK(played.key_files() == 2);
  CHECK(played.update_files() == 1);
  played.refusals = {"lost"};
  REQUIRE_OK(played.rotate());  // the node is asked whether it has the entry
  CHECK(played.log.size() == 4);
  CHECK(played.key_files() == 2);
}

TEST_CASE(
    "when the feed or the time has moved on, the entry is written again with the same keys, three times at "
    "most") {
  Played played;
  played.feed = {{"size", 4}, {"root", hex_encode(merkle::leaf_hash(as_bytes("four")).view())}};
  played.refusals = {std::string(codes::SEAL_OUTDATED.slug), std::string(codes::ENTRY_TIME_PASSED.slug)};
  played.at_post = [&] {
    if (played.posts == 1) played.feed["size"] = 5;
  };
  REQUIRE_OK(played.rotate_feed());
  CHECK(played.posts == 3);
  CHECK(played.waits == 2);
  const auto own = played.open();
  REQUIRE_OK(own);
  REQUIRE(own->log().feed());
  CHECK(own->log().feed()->epoch == 2);
  CHECK(own->log().feed()->seal->size == 5);
  CHECK(played.key_files() == 2);
  played.refusals = {3, std::string(codes::SEAL_OUTDATED.slug)};
  CHECK_CODE(played.rotate_feed(), codes::SEAL_OUTDATED);
  CHECK(played.refusals.empty());
  CHECK(played.key_files() == 2);
  CHECK(played.update_files() == 1);
}

TEST_CASE("the feed is asked for when all keys are there, just before the entry is signed") {
  Played played;
  std::uint64_t gets = 0;
  std::size_t update = 0;
  played.at_get = [&] {
    played.feed = played.feed_of(++gets);
    update = played.update_files();
  };
  std::uint64_t asked = 0;
  played.at_post = [&] { asked = gets; };
  REQUIRE_OK(played.rotate_feed());
  CHECK(asked > 1);
  CHECK(update == 3);
  played.at_get = nullptr;
  CHECK(played.open()->log().feed()->seal->size == asked);
}

TEST_CASE("a change that is refused for good leaves no key file behind, also where nothing was sent") {
  Played played;
  played.feed = played.feed_of(4);
  for (const CodeInfo* code : {&codes::SEAL_TAKES_BACK, &codes::ENTRY_NOT_NEXT}) {
    played.refusals = {std::string(code->slug)};
    CHECK_CODE(played.rotate_feed(), *code);
    CHECK(played.key_files() == 2);
    CHECK(played.update_files() == 2);
  }
  CHECK(played.posts == 2);
  auto own = played.open();
  REQUIRE_OK(own);
  const auto method = issuer::assertion_methods(own->log().newest()).at(0).id;
  const auto key = own->fresh_key(node::kAssertionKeyPurpose, OwnIssuer::Leftover::distrusted);
  REQUIRE_OK(key);
  CHECK(played.key_files() == 3);
  const auto changed = own->change(
      [&](const OwnIssuer& now, const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
        const issuer::Compromise later{method, kHomeNow.plus_seconds(1'000'000), *key};
        VCNODE_TRY(auto body, issuer::declare_compromised(now.log(), later, hand));
        return std::vector<issuer::EntryBody>{std::move(body)};
      });
  CHECK_CODE(changed, codes::COMPROMISE_TIME);
  CHECK(played.key_files() == 2);
  CHECK(played.update_files() == 2);
  CHECK(played.posts == 2);
}

TEST_CASE("a seal that was given is not tried again; what it took back is passed on") {
  Played played;
  played.feed = played.feed_of(4);
  played.refusals = {std::string(codes::SEAL_OUTDATED.slug)};
  CHECK_CODE(played.rotate_feed(Played::Recovers::yes), codes::SEAL_OUTDATED);
  CHECK(played.posts == 1);
  CHECK(played.posted.value("recover", false));
  CHECK_FALSE(played.posted.contains("takeBack"));
  played.warnings = Json::array({{{"code", "SEAL_TAKES_BACK"}, {"sentence", "it took back"}}});
  auto own = played.open();
  REQUIRE_OK(own);
  own->recover(true);
  const auto key = own->fresh_key(node::kFeedKeyPurpose, OwnIssuer::Leftover::distrusted);
  REQUIRE_OK(key);
  REQUIRE_OK(own->change(
      [&](const OwnIssuer& now, const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
        VCNODE_TRY(auto body, issuer::rotate_feed_key(now.log(), *key, now.end_of_feed(), hand));
        return std::vector<issuer::EntryBody>{std::move(body)};
      }));
  CHECK(played.posted.value("takeBack", false));
  REQUIRE(own->warnings().size() == 1);
  CHECK(own->warnings()[0].code == Code(codes::SEAL_TAKES_BACK));
  CHECK(own->warnings()[0].message == "it took back");
}

TEST_CASE("a deactivation that stops between its two entries is finished by the next run") {
  Played played;
  const auto deactivate = [&]() -> Result<void> {
    VCNODE_TRY(auto own, played.open());
    return own.change(
        [](const OwnIssuer& now, const issuer::Hand& hand) { return issuer::deactivate(now.log(), hand); });
  };
  played.refusals = {"", std::string(codes::SERVER_BUSY.slug)};
  CHECK_CODE(deactivate(), codes::SERVER_BUSY);
  CHECK(played.log.size() == 2);
  REQUIRE_OK(deactivate());
  CHECK(played.log.size() == 3);
  CHECK(played.open()->log().newest().deactivated());
  CHECK_CODE(played.rotate(), codes::WEBVH_DEACTIVATED);
  CHECK_CODE(deactivate(), codes::WEBVH_DEACTIVATED);
}

TEST_CASE("of two entries the first stays published, and so does the key that it names") {
  Played played;
  const auto deactivate = [&]() -> Result<void> {
    VCNODE_TRY(auto own, played.open());
    return own.change(
        [](const OwnIssuer& now, const issuer::Hand& hand) { return issuer::deactivate(now.log(), hand); });
  };
  played.refusals = {"", std::string(codes::ENTRY_NOT_NEXT.slug)};
  CHECK_CODE(deactivate(), codes::ENTRY_NOT_NEXT);
  CHECK(played.log.size() == 2);
  REQUIRE_OK(deactivate());
  CHECK(played.open()->log().newest().deactivated());
}

TEST_CASE("without the update key, or with another folder, nothing is sent") {
  Played played;
  std::filesystem::rename(played.update_folder(), played.path / "usb");
  CHECK_CODE_NAMES(played.rotate(), codes::UPDATE_KEY_MISSING, "--update-keys");
  CHECK(played.posts == 0);
  std::filesystem::create_directory(played.path / "stick");
  std::filesystem::rename(played.path / "usb", played.path / "stick" / "main");
  IdentityChoice choice;
  choice.update_keys = played.path / "stick";
  REQUIRE_OK(played.rotate(choice));
}

TEST_CASE("an issuer that is not there, has no log, or a node that talks nonsense is one sentence") {
  Played played;
  IdentityChoice choice;
  choice.issuer = "nobody";
  CHECK_CODE_NAMES(played.open(choice), codes::ISSUER_UNKNOWN, "nobody");
  const node::Config before = played.config;
  played.config.issuers[0].did = *Did::parse("did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd");
  CHECK_CODE_NAMES(played.open(), codes::ISSUER_WITHOUT_LOG, "issuer new");
  played.config = before;
  for (const Json& nonsense : {Json("x"), Json{{"size", 4}}, Json{{"size", 4}, {"root", "zz"}}}) {
    played.feed = nonsense;
    CHECK_CODE(played.open(), codes::HTTP_PROTOCOL);
  }
  played.feed = nullptr;
  played.log = {"{}"};
  CHECK_FALSE(played.open().has_value());
}

TEST_CASE("keys of the node and of other issuers are in use") {
  Played played;
  const auto all = keys_in_use(played.config, "");
  REQUIRE_OK(all);
  CHECK(all->size() == 3);
  CHECK(keys_in_use(played.config, "main")->size() == 1);
}

TEST_CASE("a key in place of a lost one never gets the name of the lost one") {
  Played played;
  const auto keys = played.path / "home" / "keys" / "main";
  const auto names_of = [&](const std::filesystem::path& folder) {
    std::set<std::string> out;
    const auto listed = node::list_keys(folder);
    for (const node::ListedKey& one : *listed) out.insert(one.path.filename().string());
    return out;
  };
  REQUIRE_OK(played.rotate());
  CHECK(names_of(keys) == std::set<std::string>{"assertion-2.key", "feed-1.key"});
  CHECK(names_of(played.update_folder()) == std::set<std::string>{"update-3.key"});
  // What was put away is taken to a safe place, and the key in force is lost.
  for (const auto& folder : {keys, played.update_folder()})
    std::filesystem::rename(folder / node::kRetiredFolder,
                            played.path / ("safe-" + folder.parent_path().filename().string()));
  std::filesystem::rename(keys / "assertion-2.key", played.path / "lost.key");
  REQUIRE_OK(played.rotate());
  CHECK(names_of(keys) == std::set<std::string>{"assertion-3.key", "feed-1.key"});
  CHECK(names_of(played.update_folder()) == std::set<std::string>{"update-4.key"});
  std::filesystem::rename(keys / "feed-1.key", played.path / "lost-too.key");
  played.feed = played.feed_of(9);
  REQUIRE_OK(played.rotate_feed());
  CHECK(names_of(keys) == std::set<std::string>{"assertion-3.key", "feed-2.key"});
}

TEST_CASE("a damaged file among the update keys is named") {
  Played played;
  std::filesystem::permissions(played.update_folder() / "update-2.key", std::filesystem::perms::owner_read);
  const auto file = played.update_folder() / "update-9.key";
  std::ofstream(file) << "half a key";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  CHECK_CODE_NAMES(played.rotate(), codes::KEY_FILE_INVALID, file.string());
  CHECK(played.posts == 0);
}

TEST_CASE("entries of a DID with witnesses are written first, approved, and then handed over") {
  Played played;
  auto witness = Ed25519KeyPair::from_seed(std::vector<std::uint8_t>(32, 7));
  REQUIRE_OK(witness);
  KeyPairSigner signer(*std::move(witness));
  const std::string did = "did:key:" + multikey_encode(signer.public_key());
  const auto file = played.path / "entry.jsonl";
  const auto ask = [&](const IdentityChoice& choice) -> Result<OwnIssuer> {
    VCNODE_TRY(auto own, played.open(choice));
    VCNODE_CHECK(own.change(
        [&](const OwnIssuer& now, const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
          VCNODE_TRY(auto body, issuer::ask_witnesses(now.log(), {1, {did}}, hand));
          return std::vector<issuer::EntryBody>{std::move(body)};
        }));
    return own;
  };
  CHECK_CODE_NAMES(ask({}), codes::WEBVH_WITNESS_THRESHOLD, "--entry-out");
  IdentityChoice choice;
  choice.entry_out = file;
  const auto approved = [&](const OwnIssuer& own) {
    std::vector<issuer::EntryBody> out = own.authored();
    for (issuer::EntryBody& body : out) {
      const auto version = vcnode::webvh::Entry::parse(body.line)->version_id();
      body.proofs.push_back(*vcnode::webvh::approve(version, signer, vcnode::Timestamp(1'800'000'000)));
    }
    return out;
  };
  const auto asked = ask(choice);
  REQUIRE_OK(asked);
  CHECK(played.posts == 0);
  CHECK(asked->log().versions().size() == 1);
  REQUIRE(asked->authored().size() == 1);
  std::ostringstream written;
  written << std::ifstream(file).rdbuf();
  CHECK(written.str() == asked->authored()[0].line + "\n");
  auto own = played.open();
  REQUIRE_OK(own);
  CHECK_CODE(own->submit(asked->authored()), codes::WEBVH_WITNESS_THRESHOLD);
  CHECK(played.posts == 0);
  REQUIRE_OK(own->submit(approved(*asked)));
  CHECK(own->log().newest().parameters().witness.threshold == 1);
  CHECK(played.log.size() == 2);
  REQUIRE_OK(own->submit(approved(*asked)));  // again: it is there
  CHECK(played.posts == 1);

  // From now on nothing changes without the witness, a deactivation by two entries included.
  CHECK_CODE_NAMES(played.rotate(), codes::WEBVH_WITNESS_THRESHOLD, "vcnode issuer submit");
  auto last = played.open(choice);
  REQUIRE_OK(last);
  REQUIRE_OK(last->change(
      [](const OwnIssuer& now, const issuer::Hand& hand) { return issuer::deactivate(now.log(), hand); }));
  REQUIRE(last->authored().size() == 2);
  own = played.open();
  REQUIRE_OK(own);
  REQUIRE_OK(own->submit(approved(*last)));
  CHECK(own->log().newest().deactivated());
}
