#include "node/app/last_published.h"

#include <array>
#include <charconv>
#include <string_view>

namespace vcnode::node {
namespace {

constexpr std::size_t kLines = 4;

// Of a text in which every line ends; none: it has another number of lines.
std::optional<std::array<std::string_view, kLines>> lines_of(std::string_view text) {
  std::array<std::string_view, kLines> out;
  for (std::string_view& line : out) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  return text.empty() ? std::optional(out) : std::nullopt;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

HeadPut put_of(const feed::Origin& first, const LastPublished& last) {
  return {feed::last_published_mark(first.hash()),
          concat(last.origin, "\n", last.size, "\n", last.time.seconds(), "\n", last.closed_pairs, "\n")};
}

Result<std::optional<LastPublished>> last_published(const FeedArchive& store, const feed::Origin& first) {
  VCNODE_TRY(const auto text, store.note(feed::last_published_mark(first.hash())));
  const auto lines = text ? lines_of(*text) : std::nullopt;
  if (!lines) return std::optional<LastPublished>();
  LastPublished out;
  out.origin = (*lines)[0];
  std::int64_t seconds = 0;
  if (!read_number((*lines)[1], out.size) || !read_number((*lines)[2], seconds) ||
      !read_number((*lines)[3], out.closed_pairs))
    return std::optional<LastPublished>();
  out.time = Timestamp(seconds);
  return std::optional(std::move(out));
}

}  // namespace vcnode::node
