// issuer new, move, witnesses, submit, deactivate, close: an issuer of this home, from its first log entry to
// its end.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "node/app/clock.h"
#include "node/app/codes.h"
#include "node/app/startup.h"
#include "node/cli/changed.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/own_issuer.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"
#include "node/config/identity.h"
#include "node/config/issuer_place.h"
#include "node/config/private_file.h"
#include "node/config/urls.h"
#include "protocol/did/key.h"
#include "protocol/feed/codes.h"
#include "protocol/issuer/endpoints.h"
#include "storage/codes.h"
#include "storage/sqlite/sqlite_store.h"

namespace vcnode::cli {
namespace {

// What one `issuer new` works with.
struct NewIssuer {
  const NewIssuerOptions& options;
  const node::Config& config;
  node::KeyMaking keys;
  node::KeyMaking update_keys;
  std::set<Ed25519PublicKey> taken;
};

struct MadeIssuer {
  Did did;
  std::filesystem::path update_folder;  // did:webvh
};

std::string did_key_file(const NewIssuer& making) {
  return concat("keys/issuer-", making.options.name, ".json");
}

// Of an earlier run that ended before config.toml named it; else a new one.
Result<MadeIssuer> make_did_key(const NewIssuer& making) {
  const auto file = making.config.home / did_key_file(making);
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    const auto pair = Ed25519KeyPair::generate(making.keys.rng);
    VCNODE_TRY(const auto text, key_file_seal(pair, node::kIssuerKeyPurpose, making.keys.passphrase,
                                              making.keys.cost, making.keys.rng));
    VCNODE_CHECK(key_file_write(file, text));
  }
  VCNODE_TRY(const auto signer, node::open_key(file, node::kIssuerKeyPurpose, making.keys.passphrase));
  return MadeIssuer{did_key::did_of(signer->public_key()), {}};
}

Result<MadeIssuer> make_history(const NewIssuer& making, const std::string& location, Store& store) {
  const NewIssuerOptions& options = making.options;
  const auto keys_folder = making.config.home / "keys" / options.name;
  const auto update_folder =
      options.choice.update_keys.value_or(node::default_update_keys(making.config.home)) / options.name;
  // Without keys in the home there was no earlier run, and the update keys are somebody else's.
  std::error_code ignored;
  if (!std::filesystem::exists(keys_folder, ignored)) VCNODE_CHECK(node::check_no_update_keys(update_folder));
  VCNODE_TRY(const auto made, node::make_identity({.name = options.name,
                                                   .location = location,
                                                   .network = making.config.network_name,
                                                   .public_url = making.config.public_url,
                                                   .keys_folder = keys_folder,
                                                   .update_folder = update_folder,
                                                   .keys = making.keys,
                                                   .update_keys = making.update_keys,
                                                   .taken = making.taken,
                                                   .now = node::SystemClock().now().wall}));
  StoreBatch batch;
  batch.entries.push_back({made.scid, made.version_id, to_bytes(made.body)});
  VCNODE_CHECK(store.commit(batch));
  return MadeIssuer{made.did, update_folder};
}

// Who holds the store runs: adding an issuer below a running node would be seen only after its next start.
Result<std::unique_ptr<Store>> open_store(const node::Config& config) {
  if (node::store_is_missing(config.store_path))
    return fail(codes::STORE_MISSING, "there is no store at ", config.store_path.string(),
                "; restore it from a backup first");
  auto store = storage::open_sqlite_store(config.store_path);
  if (!store && store.error().code == codes::STORE_LOCKED)
    return fail(codes::STORE_LOCKED, "a node is running in ", config.home.string(),
                ": stop it, add the issuer, and start it again");
  if (!store) return store.failure();
  return std::unique_ptr<Store>(*std::move(store));
}

Result<void> check_name(const node::Config& config, const std::string& name) {
  VCNODE_CHECK(node::check_issuer_name(name, "NAME"));
  for (const node::IssuerConfig& one : config.issuers)
    if (one.name == name)
      return fail(codes::CONFIG_VALUE, "config.toml has an issuer named '", name, "' already, ",
                  one.did.text());
  return {};
}

Result<MadeIssuer> make_issuer(const NewIssuerOptions& options, const node::Config& config) {
  VCNODE_CHECK(check_name(config, options.name));
  std::string location;
  if (options.domain) {
    auto place = issuer::location_of(*options.domain);
    if (!place)
      return fail(codes::CONFIG_VALUE, "--domain '", excerpt(*options.domain), "': ", place.error().message);
    location = *std::move(place);
    VCNODE_CHECK(node::check_place_free(config.issuers, options.name, location));
    VCNODE_CHECK(node::check_outside_home(options.choice.update_keys, config.home));
  }
  VCNODE_TRY(const auto store, open_store(config));
  VCNODE_TRY(const auto cost, node::cost_of(config.node_key_file));
  std::optional<SecretBytes> update;
  if (options.choice.update_passphrase) {
    VCNODE_TRY(const auto source, PassphraseSource::parse(*options.choice.update_passphrase));
    VCNODE_TRY(update, node::read_private_passphrase(source));
  }
  VCNODE_TRY(const auto passphrase, node::read_private_passphrase(config.passphrase));
  VCNODE_TRY(auto taken, keys_in_use(config, ""));
  SystemRng rng;
  const NewIssuer making{
      options, config, {passphrase, cost, rng}, {update ? *update : passphrase, cost, rng}, std::move(taken)};
  VCNODE_TRY(auto made, options.domain ? make_history(making, location, *store) : make_did_key(making));
  const std::string keys = options.domain ? concat("keys/", options.name) : did_key_file(making);
  VCNODE_CHECK(node::add_table(config, node::issuer_table(options.name, made.did, keys)));
  return made;
}

// Whether an issuer with a history has not ended, so that its keys can still be changed. Errors: those of
// asking.
Result<bool> keys_can_change(const Global& global, const node::IssuerConfig& issuer) {
  VCNODE_TRY(const auto response, ask_node(global, "GET", concat("/admin/issuers/", issuer.name)));
  const auto answer = json::read(response.body);
  if (response.status != 200 || !answer || !answer->is_object()) return false;
  const auto may_sign = answer->value("maySign", nlohmann::json());
  const auto code = may_sign.is_object() ? may_sign.value("code", nlohmann::json()) : nlohmann::json();
  return issuer.has_history() && code != codes::FEED_CLOSED.slug && code != codes::ISSUER_DEACTIVATED.slug;
}

// Said before it is done: then it is too late.
Error keys_final(std::string_view once) {
  return {codes::KEYS_FINAL,
          concat("once ", once,
                 ", no key of the issuer can be changed or declared compromised any more; if one was stolen, "
                 "stop here and run `vcnode keys compromised` first")};
}

}  // namespace

namespace {

// Whether an entry of those written has to be approved: by the witnesses there are, or by those it names.
bool asks_witnesses(const OwnIssuer& own) {
  if (own.log().newest().parameters().witness.active()) return true;
  return std::ranges::any_of(own.authored(), [](const issuer::EntryBody& body) {
    const auto entry = webvh::Entry::parse(body.line);
    return entry && entry->parameters().find("witness") != nullptr;
  });
}

int report_authored(const Global& global, const OwnIssuer& own) {
  nlohmann::json versions = nlohmann::json::array();
  for (const issuer::EntryBody& body : own.authored())
    if (const auto entry = webvh::Entry::parse(body.line)) versions.push_back(entry->version_id().text());
  if (global.json) {
    print_json({{"issuer", own.issuer().name},
                {"did", own.log().newest().did().text()},
                {"entry", own.entry_out()->string()},
                {"versionIds", versions},
                {"warnings", warnings_json(own.warnings())}});
    return kExitOk;
  }
  print_line(
      concat("Wrote ", printable(own.entry_out()->string()), "; nothing has changed yet. It would make:"));
  for (const auto& version : versions) print_line(concat("  ", version.get_ref<const std::string&>()));
  print_line(
      asks_witnesses(own)
          ? "Gather the witnesses' proofs in a did-witness.json, issue nothing meanwhile, and run "
            "`vcnode issuer submit FILE --witness-file did-witness.json`."
          : "No witness has to approve it: issue nothing meanwhile, and run `vcnode issuer submit FILE`.");
  return kExitOk;
}

}  // namespace

int report_changed(const Global& global, const OwnIssuer& own, std::string_view done, Wrote wrote) {
  if (!own.authored().empty()) return report_authored(global, own);
  const webvh::State& newest = own.log().newest();
  if (global.json) {
    nlohmann::json out{{"issuer", own.issuer().name},
                       {"did", newest.did().text()},
                       {"versionId", newest.version_id().text()},
                       {"done", done}};
    if (own.log().feed()) out["epoch"] = own.log().feed()->epoch;
    if (!own.warnings().empty()) out["warnings"] = warnings_json(own.warnings());
    print_json(out);
  } else {
    print_line(concat(newest.did().text(), " has version ", newest.version_id().text(), ": ", done));
    if (wrote == Wrote::entry && !newest.deactivated())
      print_line(concat("Take the update keys in ", own.update_folder().string(),
                        " offline again, and renew the second copy: there is a new one among them."));
  }
  return kExitOk;
}

int issuer_new(const Global& global, const NewIssuerOptions& options) {
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error());
  const auto made = make_issuer(options, *config);
  if (!made) return report(global, made.error());
  const bool history = !made->update_folder.empty();
  if (global.json) {
    nlohmann::json out{
        {"issuer", options.name}, {"did", made->did.text()}, {"assurance", history ? "high" : "low"}};
    if (history) out["updateKeys"] = made->update_folder.string();
    print_json(out);
    return kExitOk;
  }
  print_line(concat("Created the issuer ", options.name, ": ", made->did.text(),
                    history ? ""
                            : "  (low assurance: a did:key can neither change its key nor say that it was "
                              "stolen)"));
  if (history)
    print_line(concat("Take the update keys in ", made->update_folder.string(),
                      " offline, with a second copy elsewhere: whoever holds them can change this DID, and "
                      "without them nobody can."));
  print_line("Back up the home's keys, and start the node.");
  return kExitOk;
}

namespace {

// config.toml names the DID that the issuer has now.
void follow_name(OwnIssuer& own) {
  const auto renamed = node::rename_issuer(own.config(), own.issuer().did, own.log().newest().did().did());
  if (!renamed) own.warn(renamed.error());
}

// What is issued from now on would name lists at a host that may be anybody's.
void say_if_left_behind(OwnIssuer& own) {
  const std::string& url = own.config().public_url;
  const auto left = issuer::left_hosts(own.log().versions(), own.log().newest().did().location());
  if (!left.contains(issuer::host_of_url(url))) return;
  own.warn(
      {codes::PUBLIC_URL_LEFT,
       concat("[http] public_url in config.toml is ", url,
              ", at a host that the DID has left: credentials issued from now on would name status lists "
              "there; set it to where this node is reached")});
}

// Entries that were written earlier, each with the proofs that name its version.
Result<std::vector<issuer::EntryBody>> read_entries(const SubmitOptions& options) {
  if (options.entry == "-" && options.witness_file == "-")
    return fail(codes::USAGE, "FILE and --witness-file cannot both be standard input");
  VCNODE_TRY(const auto text, read_input(options.entry, webvh::kLogBytesMax));
  webvh::WitnessFile witnesses;
  if (options.witness_file) {
    VCNODE_TRY(const auto proofs, read_input(*options.witness_file, webvh::kWitnessFileBytesMax));
    VCNODE_TRY(witnesses, webvh::read_witness_file(proofs));
  }
  std::vector<issuer::EntryBody> out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::string_view object = line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0));
    const auto entry = webvh::Entry::parse(object);
    if (!entry)
      return fail(entry.error().code, options.entry, ", line ", out.size() + 1, ": ", entry.error().message);
    issuer::EntryBody body{std::string(object), {}};
    for (const webvh::WitnessProof& proof : witnesses.proofs)
      if (proof.version_id == entry->version_id()) body.proofs.push_back(proof);
    out.push_back(std::move(body));
  }
  if (out.empty()) return fail(codes::USAGE, options.entry, " holds no log entry");
  return out;
}

}  // namespace

int issuer_witnesses(const Global& global, const WitnessesOptions& options) {
  auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  const webvh::WitnessRule rule{options.threshold, options.witnesses};
  const auto changed = own->change(
      [&](const OwnIssuer& now, const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
        VCNODE_TRY(auto body, issuer::ask_witnesses(now.log(), rule, hand));
        return std::vector<issuer::EntryBody>{std::move(body)};
      });
  if (!changed) return report(global, changed.error());
  return report_changed(
      global, *own,
      rule.active() ? concat(rule.threshold, " of ", rule.witnesses.size(), " witnesses approve what changes")
                    : std::string("no witness is asked any more"));
}

int issuer_submit(const Global& global, const SubmitOptions& options) {
  const auto entries = read_entries(options);
  if (!entries) return report(global, entries.error());
  auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  const std::string before = own->log().newest().did().text();
  const std::size_t held = own->log().versions().size();
  if (const auto done = own->submit(*entries); !done) return report(global, done.error());
  follow_name(*own);
  const std::size_t added = own->log().versions().size() - held;  // others were published earlier
  const bool moved = own->log().newest().did().text() != before;
  if (moved) say_if_left_behind(*own);
  return report_changed(
      global, *own,
      concat(added == 0 ? std::string("nothing new: what is given was published before")
                        : concat(added, added == 1 ? " entry is" : " entries are", " published"),
             moved ? "; start the node again so that it answers for the new host" : ""));
}

int issuer_move(const Global& global, const IssuerChangeOptions& options) {
  const auto location = issuer::location_of(options.place);
  if (!location)
    return report(
        global,
        {codes::USAGE, concat("the new place '", excerpt(options.place), "': ", location.error().message)},
        kExitUsage);
  auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  const webvh::DidWebvh& before = own->log().newest().did();
  const bool there = before.text() == concat("did:webvh:", before.scid(), ":", *location);
  const auto free = node::check_place_free(own->config().issuers, own->issuer().name, *location);
  if (!free) return report(global, free.error());
  if (!there) {
    const auto changed = own->change(
        [&](const OwnIssuer& now, const issuer::Hand& hand) -> Result<std::vector<issuer::EntryBody>> {
          VCNODE_TRY(auto body, issuer::move_to(now.log(), *location, hand));
          return std::vector<issuer::EntryBody>{std::move(body)};
        });
    if (!changed) return report(global, changed.error());
  }
  follow_name(*own);
  say_if_left_behind(*own);
  return report_changed(global, *own,
                        concat(there ? "the issuer is there already" : "the issuer has moved",
                               "; start the node again so that it answers for the new host"),
                        there ? Wrote::nothing : Wrote::entry);
}

int issuer_deactivate(const Global& global, const IssuerChangeOptions& options) {
  auto own = open_own_issuer(global, options.choice);
  if (!own) return report(global, own.error());
  if (own->log().newest().deactivated())  // by a run whose answer was lost
    return report_changed(global, *own, "the DID is deactivated already", Wrote::nothing);
  const auto open = keys_can_change(global, own->issuer());
  if (!open) return report(global, open.error());
  if (*open) own->warn(keys_final("the DID is deactivated"));
  const auto changed = own->change(
      [](const OwnIssuer& now, const issuer::Hand& hand) { return issuer::deactivate(now.log(), hand); });
  if (!changed) return report(global, changed.error());
  return report_changed(global, *own, "the DID is deactivated; nothing about it changes any more");
}

int issuer_close(const Global& global, const IssuerChangeOptions& options) {
  Timestamp date = node::SystemClock().now().wall;
  if (options.date) {
    const auto given = Timestamp::parse(*options.date);
    if (!given) return report(global, {codes::USAGE, concat("--date: ", given.error().message)}, kExitUsage);
    date = *given;
  }
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error());
  const auto issuer = hosted_issuer(*config, options.choice.issuer);  // a did:key can be closed, too
  if (!issuer) return report(global, issuer.error());
  const auto open = keys_can_change(global, *issuer);
  if (!open) return report(global, open.error());
  std::vector<Error> warnings;
  if (*open) warnings.push_back(keys_final("the feed is closed"));
  for (const Error& warning : warnings) print_warning(warning);
  const auto response = ask_node(global, "POST", concat("/admin/issuers/", issuer->name, "/close"),
                                 json_text({{"date", date.to_string()}}));
  if (!response) return report(global, response.error());
  if (response->status != 200) return report_refusal(global, *response);
  auto answer = json::read(response->body);
  if (global.json && answer && answer->is_object()) {
    if (!warnings.empty()) (*answer)["warnings"] = warnings_json(warnings);
    print_json(*answer);
  } else {
    print_line(concat("closed ", printable(issuer->name), " as of ", date.to_string(),
                      ": what it issued stays, and it issues no more"));
  }
  return kExitOk;
}

}  // namespace vcnode::cli
