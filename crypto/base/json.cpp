#include "crypto/base/json.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "crypto/base/ascii.h"
#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/base/utf16_order.h"

namespace vcnode::json {
namespace {

// simdjson counts the elements of one array in 24 bits; two bytes of text per element keep below that.
constexpr std::size_t kSizeCeiling = 16 * 1024 * 1024;
// The builder recurses; this many frames are far from the end of any stack.
constexpr std::size_t kDepthCeiling = 1000;
// A parser keeps about 14 bytes per byte of its longest text; one for a longer text is not kept by the
// thread.
constexpr std::size_t kKeptTextBytes = 1024 * 1024;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// What simdjson may use of its string buffer for a text: per string its characters, a length and a
// terminator.
constexpr std::size_t string_bytes_max(std::size_t text_size) {
  return text_size / 3 * 5 + 8;
}

// Where a tree lives: one block for the characters of all strings and the nodes, more blocks if that is too
// small.
using Arena = std::pmr::monotonic_buffer_resource;
std::size_t arena_bytes(std::size_t text_size) {
  return string_bytes_max(text_size) + text_size * 2 + 256;
}

// The value of four hex digits at `at`; nullopt if they are not four hex digits.
std::optional<unsigned> code_unit_at(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  unsigned unit = 0;
  const char* end = text.data() + at + 4;
  if (std::from_chars(text.data() + at, end, unit, 16).ptr != end) return std::nullopt;
  return unit;
}

Failure lone_surrogate(std::size_t at) {
  return fail(codes::JSON_UTF8, "the escape at byte ", at,
              " is half of a surrogate pair without the other half");
}

// Judges \u escapes in the text itself, because simdjson 3.0.1 lets some lone surrogates through as invalid
// UTF-8. Stops without a verdict at what is no escape; the parser refuses that.
Result<void> check_escapes(std::string_view text) {
  for (std::size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    if (at + 1 >= text.size() || text[at + 1] != 'u') {
      at += 2;
      continue;
    }
    const auto unit = code_unit_at(text, at + 2);
    if (!unit) return {};
    if (*unit == 0) return fail(codes::JSON_NUL, "the escape at byte ", at, " stands for U+0000");
    if (*unit >= 0xdc00 && *unit <= 0xdfff) return lone_surrogate(at);
    const bool high = *unit >= 0xd800 && *unit <= 0xdbff;
    if (high) {
      const auto low = text.substr(at + 6, 2) == "\\u" ? code_unit_at(text, at + 8) : std::nullopt;
      if (!low || *low < 0xdc00 || *low > 0xdfff) return lone_surrogate(at);
    }
    at += high ? 12 : 6;
  }
  return {};
}

Result<void> check_text(std::string_view text, Limits limits) {
  if (text.size() > limits.size_max)
    return fail(codes::JSON_TOO_LARGE, "the document is ", text.size(), " bytes, the limit is ",
                limits.size_max);
  if (text.starts_with(kByteOrderMark))
    return fail(codes::JSON_BOM, "the document starts with the byte order mark EF BB BF");
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos)
    return fail(codes::JSON_NUL, "the document has a NUL byte at byte ", at);
  return {};
}

// RFC 8259 §6: -? int frac? exp?
bool is_number_literal(std::string_view text) {
  const auto eat_digits = [&text] {
    const std::size_t start = text.size();
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return start != text.size();
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!eat_digits()) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!eat_digits()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!eat_digits()) return false;
  }
  return text.empty();
}

Failure number_out_of_range(std::string_view literal) {
  if (literal.find_first_of(".eE") == std::string_view::npos)
    return fail(codes::JSON_NUMBER_RANGE, "the integer ", excerpt(literal, 40), " is beyond the limit of ",
                kIntegerMax, " (2^53-1) either side of zero");
  return fail(codes::JSON_NUMBER_RANGE, "the number ", excerpt(literal, 40),
              " is beyond the largest double, about 1.8e308");
}

// REQUIRES: a whole number below 1e21.
std::string integer_text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 0).ptr};
}

bool is_out_of_range(std::string_view literal) {
  if (literal.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t value = 0;
    const auto read = std::from_chars(literal.data(), literal.data() + literal.size(), value);
    return read.ec != std::errc{} || value > kIntegerMax || value < -kIntegerMax;
  }
  return nlohmann::json::parse(literal, nullptr, false).is_discarded();  // it refuses infinity, not underflow
}

// simdjson has one error for malformed numbers and for well-formed ones that no double holds. The first
// number of the text that is either decides which it was.
std::optional<Failure> find_number_out_of_range(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
      ++at;
    } else if (text[at] == '-' || is_digit(text[at])) {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n,:[]{}\"", at), text.size());
      const std::string_view literal = text.substr(at, end - at);
      if (!is_number_literal(literal)) return std::nullopt;
      if (is_out_of_range(literal)) return number_out_of_range(literal);
      at = end;
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

// Only to say where a text stops being JSON; what it finds is never used for anything else.
struct PositionFinder : nlohmann::json_sax<nlohmann::json> {
  std::optional<std::size_t> position;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    position = at;
    return false;
  }
};

Failure syntax_error(std::string_view text) {
  PositionFinder finder;
  nlohmann::json::sax_parse(text, &finder);
  if (!finder.position) return fail(codes::JSON_SYNTAX, "the text is not JSON");
  if (*finder.position > text.size())
    return fail(codes::JSON_SYNTAX, "the text is not JSON: it ends too early, after ", text.size(), " bytes");
  return fail(codes::JSON_SYNTAX, "the text stops being JSON at byte ", *finder.position, " of ",
              text.size());
}

Failure too_deep(std::size_t depth_max) {
  return fail(codes::JSON_TOO_DEEP, "arrays and objects are nested deeper than the limit of ", depth_max);
}

Failure explain(simdjson::error_code error, std::string_view text, Limits limits) {
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  if (error == simdjson::UTF8_ERROR)
    return fail(codes::JSON_UTF8, "the document of ", text.size(), " bytes is not valid UTF-8");
  if (error == simdjson::DEPTH_ERROR) return too_deep(limits.depth_max);
  if (error == simdjson::NUMBER_ERROR) {
    if (auto failure = find_number_out_of_range(text)) return *std::move(failure);
  }
  if (error == simdjson::STRING_ERROR) {
    if (auto escapes = check_escapes(text); !escapes) return escapes.failure();
  }
  return syntax_error(text);
}

}  // namespace

// Copies simdjson's tape into our tree and applies what simdjson does not: depth, number range, member order,
// duplicates.
class TreeBuilder {
 public:
  // `strings`: the tokenizer's string buffer, whose contents are copied as a whole.
  TreeBuilder(Arena& arena, std::span<const std::uint8_t> strings, std::size_t depth_max)
      : arena_(arena), strings_(reinterpret_cast<const char*>(strings.data())), depth_max_(depth_max) {
    characters_ = static_cast<char*>(arena.allocate(strings.size(), 1));
    std::memcpy(characters_, strings.data(), strings.size());
  }

  // On false, failure() says why.
  [[nodiscard]] bool build(simdjson::dom::element element, Value& out, std::size_t depth = 1) {
    using simdjson::dom::element_type;
    switch (element.type()) {
      case element_type::STRING:
        set_string(element.get_string().value_unsafe(), out);
        return true;
      case element_type::OBJECT:
        return build_object(element.get_object().value_unsafe(), out, depth);
      case element_type::ARRAY:
        return build_array(element.get_array().value_unsafe(), out, depth);
      case element_type::INT64:
        return set_integer(element.get_int64().value_unsafe(), out);
      case element_type::UINT64:
        return refuse(number_out_of_range(concat(element.get_uint64().value_unsafe())));
      case element_type::DOUBLE:
        return set_number(element.get_double().value_unsafe(), out);
      case element_type::BOOL:
        out.kind_ = Kind::boolean;
        out.payload_.boolean = element.get_bool().value_unsafe();
        return true;
      case element_type::NULL_VALUE:
        return true;
    }
    return refuse(fail(codes::JSON_SYNTAX, "the text is not JSON"));
  }
  [[nodiscard]] Failure failure() && { return *std::move(failure_); }

 private:
  bool refuse(Failure failure) {
    failure_.emplace(std::move(failure));
    return false;
  }

  template <class Node>
  Node* allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<Node>);
    void* memory = arena_.allocate(count * sizeof(Node), alignof(Node));
    return std::uninitialized_default_construct_n(static_cast<Node*>(memory), count) - count;
  }

  // Where a string of the tokenizer's buffer is in ours.
  [[nodiscard]] std::string_view copied(std::string_view text) const {
    return {characters_ + (text.data() - strings_), text.size()};
  }

  void set_string(std::string_view text, Value& out) {
    out.kind_ = Kind::string;
    out.payload_.text = copied(text).data();
    out.count_ = static_cast<std::uint32_t>(text.size());
  }

  bool set_integer(std::int64_t value, Value& out) {
    if (value > kIntegerMax || value < -kIntegerMax) return refuse(number_out_of_range(concat(value)));
    out.kind_ = Kind::integer;
    out.payload_.integer = value;
    return true;
  }

  bool set_number(double value, Value& out) {
    if (is_unsafe_integer(value)) return refuse(number_out_of_range(integer_text(value)));
    out.kind_ = Kind::number;
    out.payload_.number = value;
    return true;
  }

  bool build_array(simdjson::dom::array array, Value& out, std::size_t depth) {
    if (depth > depth_max_) return refuse(too_deep(depth_max_));
    const std::size_t count = array.size();
    Value* elements = allocate<Value>(count);
    std::size_t i = 0;
    for (const simdjson::dom::element element : array)
      if (!build(element, elements[i++], depth + 1)) return false;
    VCNODE_ASSERT(i == count);
    out.kind_ = Kind::array;
    out.payload_.elements = elements;
    out.count_ = static_cast<std::uint32_t>(count);
    return true;
  }

  static bool before(const Member& a, const Member& b) { return utf16_order_less(a.name, b.name); }

  // Returns a member whose name occurs twice; nullptr if none does.
  static const Member* sort_members(std::span<Member> members) {
    std::sort(members.begin(), members.end(), before);
    const auto same = [](const Member& a, const Member& b) { return a.name == b.name; };
    const auto twin = std::adjacent_find(members.begin(), members.end(), same);
    return twin == members.end() ? nullptr : &*twin;
  }

  bool build_object(simdjson::dom::object object, Value& out, std::size_t depth) {
    if (depth > depth_max_) return refuse(too_deep(depth_max_));
    const std::size_t count = object.size();
    Member* members = allocate<Member>(count);
    std::size_t i = 0;
    bool in_order = true;  // and no name twice; texts in canonical order are common
    for (const auto [name, element] : object) {
      Member& member = members[i];
      member.name = copied(name);
      in_order = in_order && (i == 0 || before(members[i - 1], member));
      ++i;
      if (!build(element, member.value, depth + 1)) return false;
    }
    VCNODE_ASSERT(i == count);
    if (const Member* twin = in_order ? nullptr : sort_members({members, count}); twin != nullptr)
      return refuse(fail(codes::JSON_DUPLICATE_MEMBER, "the member \"", excerpt(twin->name),
                         "\" occurs more than once in one object"));
    out.kind_ = Kind::object;
    out.payload_.members = members;
    out.count_ = static_cast<std::uint32_t>(count);
    return true;
  }

  Arena& arena_;
  const char* strings_;
  char* characters_;
  std::size_t depth_max_;
  std::optional<Failure> failure_;
};

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::array:
      return "array";
    case Kind::object:
      return "object";
  }
  return "unknown";
}

const Value* Value::find_by_halving(std::string_view name) const noexcept {
  const std::span<const Member> all(payload_.members, count_);
  const auto at = std::lower_bound(
      all.begin(), all.end(), name,
      [](const Member& member, std::string_view wanted) { return utf16_order_less(member.name, wanted); });
  return at != all.end() && at->name == name ? &at->value : nullptr;
}

Result<Document> Document::parse(std::string_view text, Limits limits) {
  VCNODE_ASSERT(limits.size_max <= kSizeCeiling && limits.depth_max <= kDepthCeiling);
  VCNODE_CHECK(check_text(text, limits));
  if (text.empty()) return syntax_error(text);  // simdjson copies from its pointer, which may be null
  thread_local simdjson::dom::parser kept;
  std::optional<simdjson::dom::parser> passing;
  if (text.size() > kKeptTextBytes) passing.emplace();
  simdjson::dom::parser& parser = passing ? *passing : kept;
  simdjson::dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root))
    return explain(error, text, limits);
  VCNODE_CHECK(check_escapes(text));
  auto arena = std::make_shared<Arena>(arena_bytes(text.size()));
  TreeBuilder builder(*arena, {parser.doc.string_buf.get(), string_bytes_max(text.size())}, limits.depth_max);
  Value* tree = new (arena->allocate(sizeof(Value), alignof(Value))) Value();
  if (!builder.build(root, *tree)) return std::move(builder).failure();
  Document document;
  document.storage_ = std::move(arena);
  document.root_ = tree;
  return document;
}

nlohmann::json to_nlohmann(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return nullptr;
    case Kind::boolean:
      return value.boolean();
    case Kind::integer:
      return value.integer();
    case Kind::number:
      return value.number();
    case Kind::string:
      return value.string();
    case Kind::array: {
      auto array = nlohmann::json::array();
      for (const Value& element : value.elements()) array.push_back(to_nlohmann(element));
      return array;
    }
    case Kind::object:
      break;
  }
  auto object = nlohmann::json::object();
  for (const Member& member : value.members())
    object.emplace(std::string(member.name), to_nlohmann(member.value));
  return object;
}

Result<nlohmann::json> read(std::string_view text, Limits limits) {
  VCNODE_TRY(const auto document, Document::parse(text, limits));
  return to_nlohmann(document.root());
}

}  // namespace vcnode::json
