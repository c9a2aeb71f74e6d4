#include "protocol/witness/hash_lines.h"

namespace vcnode::witness {

Result<std::vector<Sha256Digest>> take_hash_lines(std::string_view& rest, Code code) {
  std::vector<Sha256Digest> hashes;
  for (;;) {
    const auto line = take_line(rest);
    if (!line) return fail(code, "no empty line ends the ", hashes.size(), " lines of hashes");
    if (line->empty()) return hashes;
    if (hashes.size() == kHashLinesMax)
      return fail(code, "there are more lines of hashes than the limit of ", kHashLinesMax);
    const auto bytes = base64_decode(*line, Sha256Digest::kSize);
    const auto hash = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
    if (!hash) return fail(code, "the line \"", excerpt(*line), "\" is not the base64 text of 32 bytes");
    hashes.push_back(*hash);
  }
}

std::string hash_lines(const std::vector<Sha256Digest>& hashes) {
  std::string out;
  for (const Sha256Digest& hash : hashes) out += base64_encode(hash.view()) + "\n";
  return out;
}

}  // namespace vcnode::witness
