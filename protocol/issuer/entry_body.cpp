#include "crypto/base/encoding.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/history.h"

namespace vcnode::issuer {

Result<EntryBody> EntryBody::parse(std::string_view text) {
  const auto malformed = [](std::string_view why) {
    return fail(codes::ENTRY_BODY_MALFORMED, "the body of a log entry ", why);
  };
  if (text.size() > kEntryBodyBytesMax)
    return malformed(concat("has ", text.size(), " bytes, over the limit of ", kEntryBodyBytesMax));
  const auto end = text.find('\n');
  if (end == std::string_view::npos || end == 0) return malformed("does not begin with a line of did.jsonl");
  EntryBody out{std::string(text.substr(0, end)), {}};
  std::string_view rest = text.substr(end + 1);
  if (rest.empty()) return out;
  if (rest.find('\n') != rest.size() - 1) return malformed("has more than a line of witness proofs after it");
  rest.remove_suffix(1);
  VCNODE_TRY(auto file, webvh::read_witness_file(rest));
  out.proofs = std::move(file.proofs);
  if (out.text() != text) return malformed("has witness proofs in another form than the canonical one");
  return out;
}

std::string EntryBody::text() const {
  std::string out = line + "\n";
  if (!proofs.empty()) out += webvh::write_witness_file(proofs) + "\n";
  return out;
}

}  // namespace vcnode::issuer
