#include "protocol/webvh/log.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/webvh/codes.h"

namespace vcnode::webvh {
namespace {

Failure log_size(std::size_t bytes) {
  return fail(codes::WEBVH_LOG_SIZE, "the log is ", bytes, " bytes long, it must have from 1 to ",
              kLogBytesMax);
}

std::optional<Fault> witness_fault(std::span<const State> versions, std::optional<std::string_view> text) {
  auto fault = first_unwitnessed(versions, {});
  if (!fault || !text) return fault;
  const auto file = read_witness_file(*text);
  if (!file) return Fault{fault->index, file.error()};
  return first_unwitnessed(versions, file->proofs);
}

}  // namespace

Log Log::read(std::string_view text, std::optional<std::string_view> witness_file, const Rules& rules) {
  Log log;
  if (text.empty() || text.size() > kLogBytesMax) {
    log.fault_ = Fault{0, log_size(text.size()).error};
    return log;
  }
  while (!text.empty() && !log.fault_) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto added = log.chain(line, rules);
    if (!added)
      log.fault_ = Fault{log.versions_.size(),
                         {added.error().code,
                          concat("line ", log.versions_.size() + 1, " of the log: ", added.error().message)}};
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  if (auto fault = witness_fault(log.versions_, witness_file)) log.cut(*std::move(fault));
  return log;
}

Result<void> Log::append(std::string_view line, std::span<const WitnessProof> proofs, const Rules& rules) {
  if (fault_) return Failure{fault_->error};
  const std::size_t bytes_before = bytes_;
  VCNODE_CHECK(chain(line, rules));
  // Every earlier version is approved already, and only proofs on the new one can approve it.
  const auto fault = first_unwitnessed(std::span(versions_).last(1), proofs);
  if (!fault) return {};
  versions_.pop_back();
  bytes_ = bytes_before;
  return Failure{fault->error};
}

Result<void> Log::chain(std::string_view line, const Rules& rules) {
  // The end of the last line is not counted: it may be missing.
  if (bytes_ + line.size() > kLogBytesMax) return log_size(bytes_ + line.size());
  VCNODE_TRY(const auto entry, Entry::parse(line));
  VCNODE_TRY(auto state, apply(versions_.empty() ? nullptr : &versions_.back(), entry, rules));
  versions_.push_back(std::move(state));
  bytes_ += line.size() + 1;
  return {};
}

void Log::cut(Fault fault) {
  versions_.erase(versions_.begin() + static_cast<std::ptrdiff_t>(fault.index), versions_.end());
  fault_ = std::move(fault);
}

std::string Log::text() const {
  std::string out;
  out.reserve(bytes_);
  for (const State& version : versions_) out.append(version.entry().line()).push_back('\n');
  return out;
}

}  // namespace vcnode::webvh
