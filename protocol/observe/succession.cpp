#include "protocol/observe/succession.h"

#include <optional>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/credential/credential.h"
#include "protocol/feed/list_order.h"

namespace vcnode::observe {
namespace {

std::optional<Did> issuer_of(std::string_view text) {
  const auto list = credential::Credential::parse(text);
  if (!list) return std::nullopt;
  const auto issuer = Did::parse(list->issuer_id());
  return issuer ? std::optional(*issuer) : std::nullopt;
}

}  // namespace

Result<void> check_succession(const Observer& self, const std::string& url, std::string_view body,
                              Timestamp now) {
  const auto issuer = issuer_of(body);
  if (self.urls == nullptr || !issuer) return {};
  const auto seen = self.urls->find(url);
  if (seen == self.urls->end()) return {};
  const Observers own({self}, 1);
  const auto fresh = own.read_list(body, url, *issuer, now);
  if (!fresh) return {};
  const Timestamp latest = now.plus_seconds(limits::kClockSkewSecondsMax);
  // The last list that followed well on the ones before it.
  std::optional<status::StatusList> last;
  std::set<Sha256Digest> read;
  for (const feed::Observation& one : seen->second.observations) {
    if (!one.bytes || !read.insert(one.digest).second) continue;
    auto list = own.read_list(as_text(*one.bytes), url, *issuer, now);
    if (list && list->not_before <= latest && (!last || !feed::fall_back_fault(*list, *last)))
      last = *std::move(list);
  }
  if (!last) return {};
  if (auto fault = feed::fall_back_fault(*fresh, *last)) return Failure{*std::move(fault)};
  return {};
}

}  // namespace vcnode::observe
