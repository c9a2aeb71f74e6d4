#include "protocol/feed/list_order.h"

#include "crypto/base/encoding.h"
#include "protocol/feed/bits.h"
#include "protocol/feed/codes.h"

namespace vcnode::feed {
namespace {

std::optional<Error> clearing_fault(const status::StatusList& list, const status::StatusList& predecessor) {
  if (predecessor.purpose != status::Purpose::revocation) return std::nullopt;
  // A list that changed its purpose answers for none of the revocations any more.
  const bool clears = list.purpose != predecessor.purpose ? any_set(predecessor.bitmap)
                                                          : list.bitmap.clears_any_of(predecessor.bitmap);
  if (!clears) return std::nullopt;
  return fail(codes::STATUS_LIST_CLEARED_REVOCATION, "the status list ", excerpt(list.uri), " of ",
              list.valid_from.to_string(), " clears a revocation that the list of ",
              predecessor.valid_from.to_string(), " had set")
      .error;
}

}  // namespace

std::optional<Error> fault_against(const status::StatusList& list, const status::StatusList& predecessor) {
  if (list.valid_from <= predecessor.valid_from)
    return fail(codes::STATUS_LIST_NOT_RISING, "the status list ", excerpt(list.uri), " has validFrom ",
                list.valid_from.to_string(), ", not later than its predecessor's ",
                predecessor.valid_from.to_string())
        .error;
  return clearing_fault(list, predecessor);
}

std::optional<Error> fall_back_fault(const status::StatusList& list, const status::StatusList& predecessor) {
  const auto signed_at = [](const status::StatusList& one) {
    return std::pair(one.valid_from, one.not_before);
  };
  if (signed_at(list) < signed_at(predecessor))
    return fail(codes::STATUS_LIST_NOT_RISING, "the status list ", excerpt(list.uri), " of ",
                list.not_before.to_string(), " is older than the one that was seen before, of ",
                predecessor.not_before.to_string())
        .error;
  return clearing_fault(list, predecessor);
}

}  // namespace vcnode::feed
