// Public objects as answers: how caches may keep them, and 304 for who holds this very version.
// Threading: pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "node/http/message.h"

namespace vcnode::node {

// A digest names one thing for ever.
inline constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
// Kept by caches, but asked for again each time: what is revoked, or replaced, must not stay hidden in a
// cache.
inline constexpr std::string_view kRevalidate = "public, no-cache";

[[nodiscard]] HttpResponse object_answer(std::string content_type, std::shared_ptr<const std::string> body,
                                         std::string_view caching);
// With an entity tag; 304 when the caller holds this very version.
[[nodiscard]] HttpResponse tagged(const HttpRequest& request, HttpResponse response,
                                  const Sha256Digest& version);
// An object that changes, tagged by its digest.
[[nodiscard]] HttpResponse changing_object(const HttpRequest& request, std::string content_type,
                                           std::string body);
// 404: this node holds no `what`.
[[nodiscard]] HttpResponse not_held(std::string_view what);

}  // namespace vcnode::node
