#include <nlohmann/json.hpp>

#include "protocol/facts/codes.h"
#include "protocol/facts/facts.h"
#include "tests/property/facts/random_credential.h"
#include "tests/support/property.h"

using namespace vcnode;
using Json = nlohmann::json;

namespace {

facts::Facts facts_of_text(const std::string& text) {
  const auto document = json::Document::parse(text);
  RC_ASSERT(document.has_value());
  const auto read = facts::read_facts(document->root());
  RC_ASSERT(read.has_value());
  return *read;
}

// Every member that is not an array becomes an array of one.
Json in_arrays(const Json& value) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& one : value) out.push_back(one.is_object() ? in_arrays(one) : one);
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [name, member] : value.items()) {
    Json inner = in_arrays(member);
    if (!inner.is_array()) {
      Json wrapped = Json::array();
      wrapped.push_back(std::move(inner));
      inner = std::move(wrapped);
    }
    out[name] = std::move(inner);
  }
  return out;
}

// Members in reverse order, indented.
std::string other_text_of(const Json& value) {
  if (value.is_array()) {
    std::string out = "[ ";
    for (const Json& one : value) out += concat(out.size() == 2 ? "" : " ,\n", other_text_of(one));
    return out + "]";
  }
  if (!value.is_object()) return value.dump(-1, ' ', true);
  std::string members;
  for (const auto& [name, member] : value.items())
    members = concat("\t", Json(name).dump(-1, ' ', true), " : ", other_text_of(member),
                     members.empty() ? "" : ",\n", members);
  return concat("{", members, "}");
}

// What may differ when arrays come in: where things stand.
facts::Facts without_paths(facts::Facts read) {
  for (auto& element : read.elements) element.path.clear();
  for (auto& volume : read.volumes) volume.path.clear();
  for (auto& trouble : read.troubles) trouble.path.clear();
  return read;
}

}  // namespace

TEST_CASE("any credential gives 16 elements, in the same words however it is written") {
  CHECK_PROPERTY("facts", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const Json credential = test::random_credential(rng);
    const auto read = facts_of_text(credential.dump());
    RC_ASSERT(read == facts_of_text(other_text_of(credential)));
    RC_ASSERT(facts::report(read) == facts::report(facts_of_text(other_text_of(credential))));
    for (const auto& element : read.elements) {
      const bool found =
          element.state == facts::ElementState::present || element.state == facts::ElementState::malformed;
      RC_ASSERT(found != element.path.empty());
      RC_ASSERT(found || element.value == "null");
      if (found) RC_ASSERT(credential.contains(Json::json_pointer(element.path)));
    }
    for (const auto& trouble : read.troubles)
      RC_ASSERT(credential.contains(Json::json_pointer(trouble.path)));
  });
}

TEST_CASE("one value and an array of one mean the same everywhere") {
  CHECK_PROPERTY("facts of x are facts of [x]", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const Json credential = test::random_credential(rng);
    RC_ASSERT(without_paths(facts_of_text(credential.dump())) ==
              without_paths(facts_of_text(in_arrays(credential).dump())));
  });
}

TEST_CASE("what is malformed is not known, and known values are in range") {
  CHECK_PROPERTY("facts", [](std::uint64_t seed) {
    SeededRng rng(seed);
    const auto read = facts_of_text(test::random_credential(rng).dump());
    const auto known = [&](int number) { return read.element(number).state == facts::ElementState::present; };
    RC_ASSERT(known(8) || (!read.eqf && read.nqf.empty() && !read.cycle));
    RC_ASSERT(known(7) || (!read.ects && !read.hours));
    RC_ASSERT(known(3) || read.countries.empty());
    RC_ASSERT(known(4) || read.awarding_bodies.empty());
    RC_ASSERT(known(5) || (!read.awarded && !read.issued));
    RC_ASSERT(!read.eqf || (*read.eqf >= 1 && *read.eqf <= 8));
    for (const std::string& country : read.countries) RC_ASSERT(country.size() == 2u);
    RC_ASSERT(std::is_sorted(read.types.begin(), read.types.end()));
    for (const auto& finding : facts::check_consistency(read)) RC_ASSERT(finding.message.size() <= 512u);
  });
}
