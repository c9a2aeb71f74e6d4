// adopt: from now on this node watches an issuer that runs none: its did:web document, its status lists.
//
// Each file is fetched once, so that a slip of the pen is found now and not in a log line tomorrow; then the
// entries are added to config.toml. A list that is named together with a did:web has to be that issuer's, or
// no verifier would ever read it. Nothing changes at the issuer's.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/descriptor.h"
#include "crypto/hash.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "node/config/codes.h"
#include "node/http/fetcher.h"
#include "protocol/observe/answers.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using observe::Target;

struct Wanted {
  std::vector<Target> fresh;
  std::vector<Target> known;  // observed already
};

Result<Wanted> wanted_of(const AdoptOptions& options, const node::Config& config) {
  Wanted out;
  const auto add = [&](Target target) {
    const auto same = [&](const Target& other) { return other.url == target.url; };
    const bool known = std::ranges::any_of(config.observe, same);
    auto& list = known ? out.known : out.fresh;
    if (std::ranges::none_of(list, same)) list.push_back(std::move(target));
  };
  if (options.did) {
    VCNODE_TRY(auto target, Target::of_did(*options.did));
    add(std::move(target));
  }
  for (const std::string& url : options.status_urls) {
    VCNODE_TRY(auto target, Target::of_list(url));
    add(std::move(target));
  }
  return out;
}

Result<std::string> fetch(const Target& target, const node::Config& config) {
  node::PublicFetchOptions how;
  how.accept = target.media_types();
  how.body_bytes_max = target.bytes_max();
  how.ca_file = config.fetch.ca_file;
  return node::fetch_public(target.url, how);
}

// What was looked at, by URL.
using Bodies = std::map<std::string, std::string>;

// That the list is the issuer's, by a key that its document shows now: else no verifier would read it.
Result<void> check_list(const Target& document, const Target& list, const Bodies& bodies) {
  feed::Observation seen;
  seen.seen = seen.last_seen = clock_now();
  seen.bytes = std::make_shared<const Bytes>(to_bytes(bodies.at(document.url)));
  seen.digest = sha256(*seen.bytes);
  auto urls = std::make_shared<feed::ObservedUrls>();
  (*urls)[document.url] = {1, {seen}};
  const auto read = observe::Observers({{urls, false}}, 1)
                        .read_list(bodies.at(list.url), list.url, *document.did, seen.seen);
  if (read) return {};
  return fail(read.error().code, "no credential of ", document.did->text(),
              " could be answered with this status list: ", read.error().message);
}

// TOML and JSON agree on strings of printable ASCII, which DIDs and URLs are.
std::string table_of(const std::vector<Target>& targets) {
  std::string out = "\n[[observe]]\n";
  Json lists = Json::array();
  for (const Target& target : targets) {
    if (target.did)
      out += concat("did = ", Json(target.did->text()).dump(), "\n");
    else
      lists.push_back(target.url);
  }
  if (!lists.empty()) out += concat("status_url = ", lists.dump(), "\n");
  return out;
}

Failure not_written(const std::filesystem::path& path) {
  return fail(codes::FILE_UNREADABLE, "cannot write ", path.string(), ": ", std::strerror(errno));
}

Result<void> write_all(int descriptor, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return not_written(path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor) != 0) return not_written(path);
  return {};
}

// The whole file or the old one, whatever happens in between; with the rights it had.
Result<void> replace_file(const std::filesystem::path& path, std::string_view text) {
  struct stat old = {};
  if (::stat(path.c_str(), &old) != 0) return not_written(path);
  std::filesystem::path next = path;
  next += ".new";
  const int descriptor = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, old.st_mode & 0777);
  if (descriptor < 0) return not_written(next);
  auto done = write_all(descriptor, text, next);
  ::close(descriptor);
  if (done && ::rename(next.c_str(), path.c_str()) != 0) done = not_written(path);
  if (!done) {
    ::unlink(next.c_str());
    return done;
  }
  VCNODE_TRY(const auto folder, Descriptor::open(path.parent_path()));
  return folder.sync();
}

Result<std::string> read_config(const std::filesystem::path& path) {
  VCNODE_TRY(const auto file, Descriptor::open_regular(path));
  std::string text(node::kConfigBytesMax, '\0');
  VCNODE_TRY(const auto size, file.read_up_to({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  text.resize(size);
  return text;
}

// Refuses what the node would refuse at its next start.
Result<void> add_to_config(const Global& global, const std::vector<Target>& targets) {
  const auto path = global.home / "config.toml";
  VCNODE_TRY(std::string text, read_config(path));
  if (!text.ends_with('\n')) text += '\n';
  text += table_of(targets);
  VCNODE_CHECK(node::parse_config(text, global.home, {}));
  return replace_file(path, text);
}

void tell(const Global& global, const Wanted& wanted, const Json& checked) {
  if (global.json) {
    Json known = Json::array();
    for (const Target& target : wanted.known) known.push_back(target.url);
    print_json({{"observed", checked}, {"alreadyObserved", known}, {"restartNeeded", !wanted.fresh.empty()}});
    return;
  }
  for (const Target& target : wanted.known) print_line(concat("already observed: ", target.url));
  for (const Json& one : checked)
    print_line(concat("looked at ", one["url"].get<std::string>(), ": ", one["bytes"].get<std::size_t>(),
                      " bytes, as it should be"));
  if (wanted.fresh.empty()) return;
  print_line(concat("Added to ", (global.home / "config.toml").string(), ". Next:"));
  print_line("  1. Restart the node: it looks at once, and then once a day.");
  print_line(
      "  2. From then on credentials of this issuer are answered, also when its server is gone. What it "
      "issued "
      "before the first look cannot be told.");
  print_line(
      "  3. Who asks other nodes has to name this one's issuer as an observer. The issuer itself need not "
      "know, "
      "and nothing changes there.");
}

}  // namespace

int adopt(const Global& global, const AdoptOptions& options) {
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error(), kExitUsage);
  if (!options.did && options.status_urls.empty())
    return report(global, {codes::USAGE, "adopt needs a did:web or a --status-url"}, kExitUsage);
  if (!config->fetch.enabled)
    return report(global,
                  {codes::FETCH_DISABLED,
                   concat("this node reads nothing from the web: set `enabled = true` under [fetch] in ",
                          (global.home / "config.toml").string(), " first")},
                  kExitUsage);
  const auto wanted = wanted_of(options, *config);
  if (!wanted) return report(global, wanted.error(), kExitUsage);
  auto looked_at = wanted->fresh;
  const auto is_document = [](const Target& target) { return target.did.has_value(); };
  const auto known_document = std::ranges::find_if(wanted->known, is_document);
  if (known_document != wanted->known.end() && !looked_at.empty()) looked_at.push_back(*known_document);
  Bodies bodies;
  for (const Target& target : looked_at) {
    auto body = fetch(target, *config);
    if (!body) return report(global, body.error(), kExitCannotTell);
    if (const auto good = target.check(*body); !good) return report(global, good.error(), kExitNotValid);
    bodies.emplace(target.url, *std::move(body));
  }
  const auto document = std::ranges::find_if(looked_at, is_document);
  Json checked = Json::array();
  for (const Target& target : wanted->fresh) {
    if (!target.did && document != looked_at.end())
      if (const auto own = check_list(*document, target, bodies); !own)
        return report(global, own.error(), kExitNotValid);
    const std::string& body = bodies.at(target.url);
    checked.push_back(
        {{"url", target.url}, {"bytes", body.size()}, {"sha256", hex_encode(sha256(as_bytes(body)).view())}});
  }
  if (!wanted->fresh.empty())
    if (const auto added = add_to_config(global, wanted->fresh); !added)
      return report(global, added.error(), kExitUsage);
  tell(global, *wanted, checked);
  return kExitOk;
}

}  // namespace vcnode::cli
