#include "protocol/facts/normalise.h"

#include "protocol/facts/vocabulary.h"
#include "tests/support/doctest.h"

using namespace vcnode;

TEST_CASE("a country is read from codes, names and IRIs, http and https, with the traps of the EU's lists") {
  for (const char* text :
       {"IE", "ie", "IRL", " IE ", "Ireland", "http://publications.europa.eu/resource/authority/country/IRL",
        "https://publications.europa.eu/resource/authority/country/IRL",
        "https://publications.europa.eu/resource/authority/atu/IRL",
        "http://publications.europa.eu/resource/authority/atu/IRL_CTH_DUB"})
    CHECK_MESSAGE(facts::country_of(text) == "IE", text);
  CHECK(facts::country_of("EL") == "GR");
  CHECK(facts::country_of("Czechia") == "CZ");
  CHECK(facts::country_of("Turkey") == "TR");
  CHECK(facts::country_of("GRC") == "GR");
  CHECK(facts::country_of("UK") == "GB");
  CHECK(facts::country_of("XKX") == "XK");
  CHECK(facts::country_of("http://publications.europa.eu/resource/authority/country/1A0") == "XK");
  for (const char* text :
       {"", "E", "EU", "ZZ", "Atlantis", "http://publications.europa.eu/resource/authority/country/",
        "http://example.org/country/IRL", "IRLX"})
    CHECK_MESSAGE(!facts::country_of(text), text);
}

TEST_CASE("a European level is 1 to 8, however it is written") {
  for (const char* text :
       {"6", "EQF 6", "EQF level 6", "eqf-6", "Level 6", "European Qualifications Framework level 6",
        "http://data.europa.eu/snb/eqf/6", "https://data.europa.eu/snb/eqf/6"})
    CHECK_MESSAGE(facts::eqf_of(text) == 6, text);
  for (const char* text : {"0", "9", "66", "six", "", "http://data.europa.eu/snb/eqf/25831c2",
                           "http://example.org/eqf/6", "http://data.europa.eu/snb/eqf/level6"})
    CHECK_MESSAGE(!facts::eqf_of(text), text);
}

TEST_CASE("a field of ISCED-F has two to four digits") {
  CHECK(facts::isced_of("http://data.europa.eu/snb/isced-f/0714") == "0714");
  CHECK(facts::isced_of("https://data.europa.eu/snb/isced-f/06") == "06");
  CHECK(facts::isced_of("ISCED-F 0714") == "0714");
  CHECK(facts::isced_of("ISCED-F 2013 0714") == "0714");
  CHECK(facts::isced_of("1015") == "1015");
  CHECK(facts::isced_of("9999") == "9999");
  for (const char* text :
       {"7", "07140", "1115", "98", "07a4", "", "http://data.europa.eu/snb/isced-f/25831c2"})
    CHECK_MESSAGE(!facts::isced_of(text), text);
}

TEST_CASE("settings, cycles and credit frameworks have their words") {
  CHECK(facts::setting_of("http://data.europa.eu/snb/learning-setting/6fd4685715") == "formal");
  CHECK(facts::setting_of("https://data.europa.eu/snb/learning-setting/e207a81fc7") == "non-formal");
  CHECK(facts::setting_of("Non-formal learning") == "non-formal");
  CHECK(facts::setting_of("informal") == "informal");
  CHECK(!facts::setting_of("outdoors"));
  CHECK(facts::cycle_of("first cycle") == "first");
  CHECK(facts::cycle_of("Short-cycle") == "short");
  CHECK(!facts::cycle_of("fourth"));
  CHECK(facts::is_ects("http://data.europa.eu/snb/education-credit/6fcec5c5af"));
  CHECK(facts::is_ects("ECTS"));
  CHECK(facts::is_ects("European Credit Transfer System"));
  CHECK(!facts::is_ects("http://data.europa.eu/snb/education-credit/60b314e826"));
}

TEST_CASE("an M before T is months and after it minutes") {
  CHECK(facts::span_of("PT60H")->hours == 60.0);
  CHECK(facts::span_of("PT60M")->hours == 1.0);
  CHECK(facts::span_of("PT1H30M")->hours == 1.5);
  CHECK(facts::span_of("PT3600S")->hours == 1.0);
  CHECK(facts::span_of("P60M")->in_months);
  CHECK(!facts::span_of("P60M")->hours);
  CHECK(facts::span_of("P1Y")->in_months);
  CHECK(!facts::span_of("P5D")->in_months);
  CHECK_MESSAGE(!facts::span_of("P5D")->hours, "how many hours of work are a day is not said");
  CHECK(!facts::span_of("P2W")->hours);
  for (const char* text : {"", "P", "PT", "P5", "60H", "PT60", "-PT60H", "P1DT", "PT1M1H", "PT1H1H", "P1H",
                           "60 hours", "PT1e3H", "PT99999999H"})
    CHECK_MESSAGE(!facts::span_of(text), text);
}

TEST_CASE("amounts are decimal numbers, also where they are written as text") {
  CHECK(facts::amount_of("2") == 2.0);
  CHECK(facts::amount_of(" 2.5 ") == 2.5);
  CHECK(facts::amount_of("0") == 0.0);
  for (const char* text : {"", "-1", "2,5", "1e3", "two", "0x10", "nan", "inf", "1000001"})
    CHECK_MESSAGE(!facts::amount_of(text), text);
}

TEST_CASE("a date without a time zone is read as UTC and said so") {
  CHECK(!facts::moment_of("2026-05-04T12:00:00Z")->zone_assumed);
  CHECK(facts::moment_of("2026-05-04T12:00:00+02:00")->time.to_string() == "2026-05-04T10:00:00Z");
  CHECK(facts::moment_of("2026-05-04T12:00:00")->zone_assumed);
  CHECK(facts::moment_of("2026-05-04")->time.to_string() == "2026-05-04T00:00:00Z");
  CHECK(!facts::moment_of("4 May 2026"));
  CHECK(!facts::moment_of("2026-13-01"));
}

TEST_CASE("a digest is a SHA-256 multihash in multibase") {
  const std::string text = "uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const auto digest = facts::digest_of(text);
  REQUIRE(digest);
  CHECK(*digest == Sha256Digest());
  for (const char* bad : {"", "uEiA", "uERAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "xEiAA"})
    CHECK_MESSAGE(!facts::digest_of(bad), bad);
}

TEST_CASE("the lists know levels by their IRI and concepts by their name") {
  const auto* level = facts::nqf_level_of("http://data.europa.eu/snb/qdr/c_c392e7a2");
  REQUIRE(level != nullptr);
  CHECK(level->framework == "GB-ENG-NIR");
  CHECK(level->country == "GB");
  CHECK(level->level == "6");
  CHECK(facts::nqf_level_of("http://data.europa.eu/snb/qdr/c_00000000") == nullptr);
  CHECK(facts::nqf_level_of("http://example.org/qdr/c_c392e7a2") == nullptr);
  CHECK(facts::concept_name("http://data.europa.eu/snb/learning-assessment/e92d221e4d") == "Blended");
  CHECK(facts::concept_name("http://example.org/").empty());
}
