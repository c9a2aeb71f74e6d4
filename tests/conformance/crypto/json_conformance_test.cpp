#include <algorithm>
#include <array>
#include <filesystem>

#include "crypto/base/codes.h"
#include "crypto/base/json.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"

using namespace vcnode;

namespace {

struct Outcome {
  std::string_view file;
  const CodeInfo* code;  // nullptr: accepted
};

// Texts that are JSON and that we refuse on purpose (RFC 7493 and our own rules).
constexpr auto kRefusedOnPurpose = std::to_array<Outcome>({
    {"y_object_duplicated_key.json", &codes::JSON_DUPLICATE_MEMBER},
    {"y_object_duplicated_key_and_value.json", &codes::JSON_DUPLICATE_MEMBER},
    {"y_object_escaped_null_in_key.json", &codes::JSON_NUL},
    {"y_string_null_escape.json", &codes::JSON_NUL},
});

// Texts that RFC 8259 leaves to the reader: what ours does.
constexpr auto kFree = std::to_array<Outcome>({
    {"i_number_double_huge_neg_exp.json", nullptr},
    {"i_number_huge_exp.json", &codes::JSON_NUMBER_RANGE},
    {"i_number_neg_int_huge_exp.json", &codes::JSON_NUMBER_RANGE},
    {"i_number_pos_double_huge_exp.json", &codes::JSON_NUMBER_RANGE},
    {"i_number_real_neg_overflow.json", &codes::JSON_NUMBER_RANGE},
    {"i_number_real_pos_overflow.json", &codes::JSON_NUMBER_RANGE},
    {"i_number_real_underflow.json", nullptr},
    {"i_number_too_big_neg_int.json", &codes::JSON_NUMBER_RANGE},
    {"i_number_too_big_pos_int.json", &codes::JSON_NUMBER_RANGE},
    {"i_number_very_big_negative_int.json", &codes::JSON_NUMBER_RANGE},
    {"i_object_key_lone_2nd_surrogate.json", &codes::JSON_UTF8},
    {"i_string_1st_surrogate_but_2nd_missing.json", &codes::JSON_UTF8},
    {"i_string_1st_valid_surrogate_2nd_invalid.json", &codes::JSON_UTF8},
    {"i_string_UTF-16LE_with_BOM.json", &codes::JSON_NUL},
    {"i_string_UTF-8_invalid_sequence.json", &codes::JSON_UTF8},
    {"i_string_UTF8_surrogate_U+D800.json", &codes::JSON_UTF8},
    {"i_string_incomplete_surrogate_and_escape_valid.json", &codes::JSON_UTF8},
    {"i_string_incomplete_surrogate_pair.json", &codes::JSON_UTF8},
    {"i_string_incomplete_surrogates_escape_valid.json", &codes::JSON_UTF8},
    {"i_string_invalid_lonely_surrogate.json", &codes::JSON_UTF8},
    {"i_string_invalid_surrogate.json", &codes::JSON_UTF8},
    {"i_string_invalid_utf-8.json", &codes::JSON_UTF8},
    {"i_string_inverted_surrogates_U+1D11E.json", &codes::JSON_UTF8},
    {"i_string_iso_latin_1.json", &codes::JSON_UTF8},
    {"i_string_lone_second_surrogate.json", &codes::JSON_UTF8},
    {"i_string_lone_utf8_continuation_byte.json", &codes::JSON_UTF8},
    {"i_string_not_in_unicode_range.json", &codes::JSON_UTF8},
    {"i_string_overlong_sequence_2_bytes.json", &codes::JSON_UTF8},
    {"i_string_overlong_sequence_6_bytes.json", &codes::JSON_UTF8},
    {"i_string_overlong_sequence_6_bytes_null.json", &codes::JSON_UTF8},
    {"i_string_truncated-utf-8.json", &codes::JSON_UTF8},
    {"i_string_utf16BE_no_BOM.json", &codes::JSON_NUL},
    {"i_string_utf16LE_no_BOM.json", &codes::JSON_NUL},
    {"i_structure_500_nested_arrays.json", &codes::JSON_TOO_DEEP},
    {"i_structure_UTF-8_BOM_empty_object.json", &codes::JSON_BOM},
});

template <std::size_t N>
const Outcome* outcome_of(const std::array<Outcome, N>& table, std::string_view file) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Outcome& row) { return row.file == file; });
  return found == table.end() ? nullptr : &*found;
}

void check_outcome(const Result<json::Document>& result, const Outcome& expected) {
  if (expected.code == nullptr) {
    CHECK_MESSAGE(result.has_value(), test::describe(result));
  } else {
    CHECK_CODE(result, *expected.code);
  }
}

}  // namespace

TEST_CASE("JSONTestSuite: 188 refused of 188, 91 accepted of 95, 35 free ones as listed") {
  const auto directory = test::shared_path("JSONTestSuite/test_parsing");
  if (!directory) return;
  int refused = 0;
  int accepted = 0;
  int refused_on_purpose = 0;
  int free = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*directory)) {
    const std::string file = entry.path().filename().string();
    CAPTURE(file);
    const auto result = json::Document::parse(test::read_file(entry.path()));
    if (file.starts_with("n_")) {
      CHECK_FALSE(result.has_value());
      ++refused;
    } else if (file.starts_with("i_")) {
      const Outcome* expected = outcome_of(kFree, file);
      REQUIRE(expected != nullptr);
      check_outcome(result, *expected);
      ++free;
    } else if (const Outcome* exception = outcome_of(kRefusedOnPurpose, file)) {
      check_outcome(result, *exception);
      ++refused_on_purpose;
    } else {
      CHECK_MESSAGE(result.has_value(), test::describe(result));
      ++accepted;
    }
  }
  CHECK(refused == 188);
  CHECK(accepted == 91);
  CHECK(refused_on_purpose == 4);
  CHECK(free == 35);
}
