// What `vcnode doctor` finds: each finding with what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vcnode::cli {

enum class Severity : std::uint8_t { ok, warning, problem };

struct Finding {
  Severity severity = Severity::ok;
  std::string subject;
  std::string sentence;
  std::string remedy;  // empty if and only if ok
};

class Examination {
 public:
  void ok(std::string subject, std::string sentence) {
    findings_.push_back({Severity::ok, std::move(subject), std::move(sentence), ""});
  }
  void warning(std::string subject, std::string sentence, std::string remedy) {
    findings_.push_back({Severity::warning, std::move(subject), std::move(sentence), std::move(remedy)});
  }
  void problem(std::string subject, std::string sentence, std::string remedy) {
    findings_.push_back({Severity::problem, std::move(subject), std::move(sentence), std::move(remedy)});
  }
  [[nodiscard]] const std::vector<Finding>& findings() const noexcept { return findings_; }
  [[nodiscard]] bool has_problem() const {
    for (const Finding& finding : findings_) {
      if (finding.severity == Severity::problem) return true;
    }
    return false;
  }

 private:
  std::vector<Finding> findings_;
};

}  // namespace vcnode::cli
