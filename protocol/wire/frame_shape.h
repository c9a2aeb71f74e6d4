// The shape of a frame: which fields each kind has, of which wire type, how often.
//
// check_shape() walks the bytes of a frame without allocating anything, so that a list of a million empty
// entries is refused before the generated reader makes a million objects of it. It also refuses what that
// reader would let pass: a field given twice (last wins), a field of another wire type (ignored), two kinds
// in one frame. Fields this version does not know are skipped: later versions may add some. Errors:
// FRAME_MALFORMED.
#pragma once

#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode::wire {

[[nodiscard]] Result<void> check_shape(BytesView frame);

// "HelloOffer" … by the field number of the kind in peer.proto. REQUIRES: 1 <= number <= 15.
[[nodiscard]] std::string_view kind_name(int number) noexcept;

}  // namespace vcnode::wire
