#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/app/accept.h"
#include "node/app/api.h"
#include "node/app/feed_row.h"
#include "node/app/hash_tiles.h"
#include "node/app/kept_objects.h"
#include "node/app/problem.h"
#include "node/app/public_object.h"
#include "node/http/tile_path.h"

namespace vcnode::node {

namespace {

// An answer from memory is given on the loop's thread, at once; the store is for workers.
enum class Source : unsigned char { memory, store };
// nullopt: the store has to be read.
using Answer = std::optional<HttpResponse>;

struct Objects {
  FeedApi api;
  std::shared_ptr<KeptObjects> kept = std::make_shared<KeptObjects>();
  std::shared_ptr<HashTiles> hashes = std::make_shared<HashTiles>(api.store);
};

template <class Digest>
std::optional<Digest> parse_hex(std::string_view text) {
  if (text.find_first_of("ABCDEF") != std::string_view::npos) return std::nullopt;  // one address per object
  const auto bytes = hex_decode(text, Digest::kSize);
  if (!bytes) return std::nullopt;
  return Digest::from(*bytes);
}

std::shared_ptr<const feed::FeedSnapshot> find_feed(const FeedApi& api, const Call& call) {
  const auto origin = parse_hex<feed::OriginHash>(call.parameters.at("hash"));
  return origin ? api.feeds.by_origin(*origin) : nullptr;
}

HttpResponse feed_not_found(const Call& call) {
  const std::string& name = call.parameters.at("hash");
  if (parse_hex<feed::OriginHash>(name)) return not_held(concat("feed with the origin hash ", name));
  return not_held(
      concat("feed '", excerpt(name), "': a feed's name is its origin's SHA-256, 64 lower-case hex digits"));
}

Answer list_answer(const Objects& objects, const Call&, Source source) {
  if (source == Source::memory) return std::nullopt;  // as long as there are feeds
  const FeedApi& api = objects.api;
  nlohmann::json feeds = nlohmann::json::array();
  for (const auto& snapshot : api.feeds.all()) feeds.push_back(feed_row(*snapshot));
  return object_answer("application/json", std::make_shared<const std::string>(json_text(feeds)),
                       kRevalidate);
}

// The last head of an epoch that is over: what the store holds under this origin, if it is a checkpoint of
// it.
Answer sealed_checkpoint(const Objects& objects, const Call& call, Source source) {
  const auto origin = parse_hex<feed::OriginHash>(call.parameters.at("hash"));
  if (!origin) return feed_not_found(call);
  if (source == Source::memory) return std::nullopt;
  const auto stored = objects.api.store.note(*origin);
  if (!stored) return problem(stored.error());
  const auto note = feed::Note::parse(stored->value_or(""));
  const auto checkpoint =
      note ? feed::Checkpoint::parse(note->text) : Result<feed::Checkpoint>(note.failure());
  const auto named =
      checkpoint ? feed::Origin::parse(checkpoint->origin) : Result<feed::Origin>(checkpoint.failure());
  if (!named || named->hash() != *origin) return feed_not_found(call);
  return changing_object(call.request, "text/plain; charset=utf-8", **stored);
}

Answer checkpoint_answer(const Objects& objects, const Call& call, Source source) {
  const auto snapshot = find_feed(objects.api, call);
  if (!snapshot) return sealed_checkpoint(objects, call, source);
  const auto note = std::make_shared<const std::string>(snapshot->head.note);
  return tagged(call.request, object_answer("text/plain; charset=utf-8", note, kRevalidate),
                sha256(as_bytes(*note)));
}

// How many entries of a feed are shown: those below the accepted head, for a leaf is never shown before the
// head that signs it. Of an epoch that is over, all that the store holds. nullopt: the store has to be read.
std::optional<Result<std::uint64_t>> shown_size(const Objects& objects, const Call& call,
                                                const feed::OriginHash& origin, Source source) {
  if (const auto snapshot = find_feed(objects.api, call)) return Result(snapshot->head.tree.size);
  if (source == Source::memory) return std::nullopt;
  return objects.api.store.leaf_count(origin);
}

// A tile as it is asked for: entries, or with a level hashes.
struct AskedTile {
  std::optional<unsigned> level;
  TileAddress place;
};

// nullopt: the path is malformed.
std::optional<AskedTile> asked_tile(const Call& call) {
  const auto place = parse_tile_path(call.parameters.at("tile"));
  if (!place) return std::nullopt;
  const auto level = call.parameters.find("level");
  if (level == call.parameters.end()) return AskedTile{std::nullopt, *place};
  const bool is_level =
      level->second.size() == 1 && level->second[0] >= '0' && level->second[0] < '0' + int{kTileLevels};
  if (!is_level) return std::nullopt;
  return AskedTile{static_cast<unsigned>(level->second[0] - '0'), *place};
}

Result<std::string> read_tile(const Objects& objects, const feed::OriginHash& origin, std::uint64_t log,
                              const AskedTile& tile) {
  if (tile.level) return objects.hashes->read(origin, log, {*tile.level, tile.place.index, tile.place.width});
  VCNODE_TRY(const auto leaves,
             objects.api.store.leaves(origin, tile.place.index * kTileWidth, tile.place.width));
  return to_text(entry_bundle(leaves));
}

// Another log of an epoch may replace the one that was served (issuer.md rule 20); a did:key has one for
// ever.
HttpResponse tile_object(const Objects& objects, const Call& call, KeptObjects::Text bytes) {
  const auto snapshot = find_feed(objects.api, call);
  const bool replaceable = !snapshot || snapshot->issuer.method() != "key";  // none: an epoch that is over
  if (!replaceable) return object_answer("application/octet-stream", std::move(bytes), kImmutable);
  const auto digest = sha256(as_bytes(*bytes));
  return tagged(call.request, object_answer("application/octet-stream", std::move(bytes), kRevalidate),
                digest);
}

Answer tile_answer(const Objects& objects, const Call& call, Source source) {
  const auto origin = parse_hex<feed::OriginHash>(call.parameters.at("hash"));
  if (!origin) return feed_not_found(call);
  const auto size = shown_size(objects, call, *origin, source);
  if (!size) return std::nullopt;
  if (!*size) return problem(size->error());
  if (**size == 0 && !find_feed(objects.api, call)) return feed_not_found(call);
  const auto level = call.parameters.find("level");
  const std::string path =
      concat(level == call.parameters.end() ? "" : level->second + "/", call.parameters.at("tile"));
  const auto tile = asked_tile(call);
  if (!tile) return not_held(concat("tile '", excerpt(path), "': its path is malformed"));
  const std::uint64_t count = hashes_at(tile->level.value_or(0), **size);
  if (tile->place.index * kTileWidth + tile->place.width > count)
    return not_held(concat("tile '", excerpt(path), "': the feed has ", **size, " entries",
                           tile->level ? concat(", its tree ", count, " hashes at this level") : ""));
  const std::uint64_t log = objects.api.store.log_number(*origin);  // before it is read
  const std::string address = concat(call.parameters.at("hash"), "/", log, "/", path);
  auto bytes = objects.kept->find(address);
  if (!bytes) {
    if (source == Source::memory) return std::nullopt;
    auto read = read_tile(objects, *origin, log, *tile);
    if (!read) return problem(read.error());
    bytes = std::make_shared<const std::string>(*std::move(read));
    objects.kept->keep(address, bytes);
  }
  return tile_object(objects, call, std::move(bytes));
}

// The body with this digest; nullptr inside if this node does not hold it.
std::optional<Result<KeptObjects::Text>> find_body(const Objects& objects, const Sha256Digest& digest,
                                                   Source source) {
  const std::string_view address = as_text(digest.view());  // no path, which a tile has, is as short
  if (auto kept = objects.kept->find(address)) return Result<KeptObjects::Text>(std::move(kept));
  if (source == Source::memory) return std::nullopt;
  auto body = objects.api.store.body(digest);
  if (!body) return Result<KeptObjects::Text>(body.failure());
  if (!*body) return Result<KeptObjects::Text>(nullptr);
  auto text = std::make_shared<const std::string>(to_text(**body));
  objects.kept->keep(std::string(address), text);
  return Result<KeptObjects::Text>(std::move(text));
}

Answer body_answer(const Objects& objects, const Call& call, Source source) {
  const std::string& name = call.parameters.at("digest");
  const auto digest = parse_hex<Sha256Digest>(name);
  if (!digest)
    return not_held(
        concat("body '", excerpt(name), "': a body's name is its SHA-256, 64 lower-case hex digits"));
  const auto body = find_body(objects, *digest, source);
  if (!body) return std::nullopt;
  if (!*body) return problem(body->error());
  if (**body == nullptr) return not_held(concat("body with the digest ", name));
  return object_answer("application/octet-stream", **body, kImmutable);
}

const feed::StatusListState* find_list(const feed::FeedSnapshot& snapshot, std::string_view ending) {
  for (const auto& [uri, state] : snapshot.status_lists) {
    if (uri.ends_with(ending)) return &state;
  }
  return nullptr;
}

// Verifiers of the VC API world ask for application/json; who wants neither more gets its own media type.
std::string list_media_type(const HttpRequest& request) {
  const std::string_view accept = request.header("accept").value_or("");
  const Preference json = preference_of(accept, "application/json");
  return json > preference_of(accept, "application/vc") && json.quality > 0 ? "application/json"
                                                                            : "application/vc";
}

Answer status_list_answer(const Objects& objects, const Call& call, Source source) {
  const FeedApi& api = objects.api;
  const std::string ending = concat("/status-lists/", call.parameters.at("id"));
  for (const auto& issuer : api.issuers.all()) {
    const auto snapshot = api.feeds.feed_of(issuer->did().text());
    const feed::StatusListState* state = snapshot ? find_list(*snapshot, ending) : nullptr;
    if (state == nullptr) continue;
    const auto body = find_body(objects, state->digest, source);
    if (!body) return std::nullopt;
    if (!*body) return problem(body->error());
    if (**body == nullptr) break;
    HttpResponse response = object_answer(list_media_type(call.request), **body, kRevalidate);
    response.headers.emplace_back("Vary", "Accept");
    return tagged(call.request, std::move(response), state->digest);
  }
  return not_held(concat("status list '", excerpt(call.parameters.at("id")), "'"));
}

Route object_route(const Objects& objects, std::string pattern, std::string summary, std::string answer_type,
                   Answer (*answer)(const Objects&, const Call&, Source)) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.cors = true;
  route.answer_type = std::move(answer_type);
  route.answers = {{200, "the object"}, {404, "this node does not hold it"}, {503, "the node is busy"}};
  route.handle = [objects, answer](Call call) {
    if (auto known = answer(objects, call, Source::memory)) return call.respond(std::move(*known));
    auto shared = std::make_shared<Call>(std::move(call));
    objects.api.offload.answer(
        shared->respond, [objects, answer, shared] { return *answer(objects, *shared, Source::store); });
  };
  return route;
}

}  // namespace

void add_feed_routes(Router& router, FeedApi api) {
  const Objects objects{api};
  router.add(object_route(objects, "/feeds", "The feeds this node holds", "application/json", list_answer));
  router.add(object_route(objects, "/feeds/{hash}/checkpoint", "The newest head of a feed (C2SP checkpoint)",
                          "text/plain", checkpoint_answer));
  router.add(object_route(objects, "/feeds/{hash}/tile/entries/{tile...}",
                          "Entries of a feed (C2SP tlog-tiles entry bundle)", "application/octet-stream",
                          tile_answer));
  router.add(object_route(objects, "/feeds/{hash}/tile/{level}/{tile...}",
                          "Hashes of a feed's Merkle tree (C2SP tlog-tiles tile)", "application/octet-stream",
                          tile_answer));
  router.add(object_route(objects, "/bodies/{digest}", "A body that a feed names, by its SHA-256",
                          "application/octet-stream", body_answer));
  router.add(object_route(objects, "/status-lists/{id}", "A signed status list of a hosted issuer",
                          "application/vc", status_list_answer));
}

}  // namespace vcnode::node
