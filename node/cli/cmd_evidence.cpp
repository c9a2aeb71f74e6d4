// evidence export: what a verdict was made of, in one file.
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "node/cli/collect_rows.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/cli/peer_report.h"
#include "node/cli/row_report.h"
#include "node/codes/cli_codes.h"
#include "protocol/evidence/codes.h"
#include "protocol/evidence/replay.h"

namespace vcnode::cli {
namespace {

// Verdicts name objects of organisations; what is written is as public as that.
Result<std::string> text_to_export(const evidence::Bundle& bundle) {
  std::string text = bundle.text();
  if (text.size() <= evidence::kBundleBytesMax) return text + "\n";
  return fail(codes::EVIDENCE_TOO_LARGE, "what the verdict names has ", text.size(),
              " bytes, a file has at most ", evidence::kBundleBytesMax);
}

Result<void> write_export(const EvidenceOptions& options, const std::string& text) {
  if (!options.output) {
    std::cout << text;
    return {};
  }
  VCNODE_TRY(auto file, OutputFile::open(*options.output, text.size()));
  return file.commit(text);
}

// Each once, of whichever verdict.
std::vector<evidence::Lack> lacking_of(const std::vector<evidence::StatedVerdict>& verdicts,
                                       const evidence::Bundle& bundle, Timestamp now) {
  std::vector<evidence::Lack> out;
  std::set<std::string> known;
  for (const evidence::StatedVerdict& stated : verdicts)
    for (const evidence::Lack& lack : evidence::wanted(stated, bundle, now).lacking)
      if (known.insert(lack.name()).second) out.push_back(lack);
  return out;
}

nlohmann::json export_json(const EvidenceOptions& options, const evidence::Bundle& bundle,
                           const std::string& text, const std::vector<evidence::Lack>& lacking,
                           const std::vector<RowSource>& sources) {
  return {{"file", *options.output},
          {"digest", evidence::digest_text(sha256(as_bytes(text)))},
          {"bytes", text.size()},
          {"feeds", bundle.feeds.size()},
          {"histories", bundle.histories.size()},
          {"bodies", bundle.bodies.size()},
          {"missing", lacks_json(lacking)},
          {"sources", row_sources_json(sources)}};
}

}  // namespace

int evidence_export(const Global& global, const EvidenceOptions& options) {
  const auto text = read_input(options.verdict, evidence::kVerdictBytesMax);
  if (!text) return report(global, text.error(), kExitUsage);
  const auto stated = evidence::StatedAnswer::parse(*text);
  if (!stated) return report(global, stated.error(), kExitUsage);
  const auto peers = peers_to_ask(global, options.peers);
  if (!peers) return report(global, peers.error(), kExitUsage);
  const Timestamp now = clock_now();
  evidence::Bundle bundle;
  const auto sources = collect_all_rows(stated->verdicts, *peers, now, bundle);
  const auto lacking = lacking_of(stated->verdicts, bundle, now);
  const auto file = text_to_export(bundle);
  if (!file) return report(global, file.error(), kExitUnavailable);
  if (const auto written = write_export(options, *file); !written)
    return report(global, written.error(), kExitUnavailable);
  if (options.output && global.json) {
    print_json(export_json(options, bundle, *file, lacking, sources));
  } else if (options.output) {
    print_line(concat("Wrote ", file->size(), " bytes: ", bundle.feeds.size(), " feeds, ",
                      bundle.histories.size(), " DID logs, ", bundle.bodies.size(), " bodies (",
                      evidence::digest_text(sha256(as_bytes(*file))), ")"));
    print_row_sources(sources);
  }
  if (lacking.empty()) return kExitOk;
  for (const evidence::Lack& lack : lacking)
    print_warning({codes::CANNOT_REPLAY, concat("not given: ", lack.name())});
  return kExitCannotTell;
}

}  // namespace vcnode::cli
