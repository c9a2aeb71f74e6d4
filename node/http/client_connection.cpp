#include "node/http/client_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>
#include <variant>

#include "node/http/server.h"
#include "node/net/codes.h"

namespace vcnode::node {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kReadBytes = 16 * 1024;
// "103 Early Hints" and the like before the answer proper.
constexpr int kInterimAnswersMax = 8;
// How long a caller that is told to stop goes on waiting.
constexpr auto kStopPoll = std::chrono::milliseconds(100);

std::string copy_of(boost::beast::string_view view) {
  return std::string(view.data(), view.size());
}

bool is_end(ErrorCode error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
         error == asio::error::connection_reset || error == asio::error::broken_pipe;
}

HttpResponse to_plain(http::response<http::string_body> message) {
  HttpResponse out;
  out.status = message.result_int();
  out.content_type.clear();
  for (const auto& field : message) {
    if (field.name() == http::field::content_type) {
      out.content_type = copy_of(field.value());
    } else {
      out.headers.emplace_back(copy_of(field.name_string()), copy_of(field.value()));
    }
  }
  out.body = std::move(message.body());
  return out;
}

}  // namespace

// One asynchronous operation; it may outlive the call that waits for it, so it owns its buffer.
struct ClientConnection::Operation {
  struct State {
    bool done = false;
    ErrorCode error;
    std::size_t size = 0;
    std::string data;
  };
  std::shared_ptr<State> state = std::make_shared<State>();

  [[nodiscard]] IoDone callback() const {
    return [kept = state](ErrorCode error, std::size_t size) {
      kept->done = true;
      kept->error = error;
      kept->size = size;
    };
  }
};

// Beast's parser for responses, fed with what arrives.
class ClientConnection::ResponseReader {
 public:
  explicit ResponseReader(const ClientRequest& request) : request_(request) { begin(); }

  // True when the answer is complete. HTTP_TOO_LARGE, HTTP_PROTOCOL.
  Result<bool> feed(const std::string& bytes) {
    input_ += bytes;
    while (!input_.empty()) {
      ErrorCode error;
      const std::size_t used = parser_->put(asio::buffer(input_), error);
      const bool in_header = !parser_->is_header_done();
      header_bytes_ += in_header ? used : 0;
      input_.erase(0, used);
      // Beast complains of the length before it says that the header is done.
      const bool status_known = !in_header || error == http::error::body_limit;
      if (request_.only_200 && status_known && parser_->get().result_int() / 100 != 1 &&
          parser_->get().result() != http::status::ok)
        return true;
      if (error && error != http::error::need_more) return explain(error);
      if (in_header && header_bytes_ + input_.size() > kHeaderBytesMax)
        return explain(http::error::header_limit);
      if (!in_header) VCNODE_CHECK(check_framing());
      if (parser_->is_done()) {
        if (parser_->get().result_int() / 100 != 1) return true;
        if (++interim_ > kInterimAnswersMax)
          return fail(codes::HTTP_PROTOCOL, "it never comes to a final answer");
        begin();
        continue;
      }
      if (input_.size() > kHeaderBytesMax)
        return fail(codes::HTTP_PROTOCOL, "a chunk header or trailer has no end");
      if (error == http::error::need_more || used == 0) break;
    }
    return false;
  }

  // The connection has ended. True if that completes the answer.
  [[nodiscard]] bool end(ErrorCode reason) {
    // Without TLS's goodbye an answer that ends with the connection may have been cut.
    if (reason != asio::error::eof || !parser_->is_header_done()) return false;
    ErrorCode error;
    parser_->put_eof(error);
    return !error && parser_->is_done();
  }

  [[nodiscard]] bool keep_alive() const {
    return parser_->is_done() && parser_->keep_alive() && input_.empty();
  }
  [[nodiscard]] HttpResponse take() { return to_plain(parser_->release()); }

 private:
  void begin() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(kHeaderBytesMax));
    parser_->body_limit(request_.body_bytes_max);
    parser_->skip(request_.is_head);
    parser_->eager(true);
    header_bytes_ = 0;
  }
  [[nodiscard]] Failure explain(ErrorCode error) const {
    if (error == http::error::body_limit) {
      return fail(codes::HTTP_TOO_LARGE, "its answer is longer than the limit of ", request_.body_bytes_max,
                  " bytes");
    }
    if (error == http::error::header_limit) {
      return fail(codes::HTTP_TOO_LARGE, "the header of its answer is longer than the limit of ",
                  kHeaderBytesMax, " bytes");
    }
    return fail(codes::HTTP_PROTOCOL, "it sends no HTTP: ", error.message());
  }
  [[nodiscard]] Result<void> check_framing() const {
    const auto& message = parser_->get();
    if (message.count(http::field::transfer_encoding) != 0 && !parser_->chunked()) {
      return fail(codes::HTTP_PROTOCOL, "its answer has a transfer coding other than chunked");
    }
    return {};
  }

  const ClientRequest& request_;
  std::optional<http::response_parser<http::string_body>> parser_;
  std::string input_;
  std::size_t header_bytes_ = 0;
  int interim_ = 0;
};

ClientConnection::ClientConnection()
    : gate_(std::make_shared<LoopGate>(context_)), work_(context_.get_executor()) {}

ClientConnection::~ClientConnection() {
  gate_->shut();
}

void ClientConnection::close() {
  if (channel_) channel_->close();
  channel_.reset();
}

template <class... Parts>
Failure ClientConnection::broken(Code code, const Parts&... parts) {
  close();
  return fail(code, server_name_, ": ", parts...);
}

Result<void> ClientConnection::finish(const Operation& operation, Deadline deadline) {
  while (!operation.state->done) {
    const bool stopped = deadline.stopped != nullptr && deadline.stopped->load();
    const auto until =
        deadline.stopped == nullptr ? deadline.at : std::min(deadline.at, Clock::now() + kStopPoll);
    if (stopped || (context_.run_one_until(until) == 0 && Clock::now() >= deadline.at)) {
      return broken(codes::HTTP_TIMEOUT, "no complete answer within ", deadline.limit_ms, " ms");
    }
  }
  return {};
}

Result<std::shared_ptr<asio::ssl::context>> ClientConnection::tls_context(const ServerTrust& trust) const {
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  restrict_to_tls13(*tls);
  ErrorCode error;
  if (trust.ca_file) {
    tls->load_verify_file(trust.ca_file->string(), error);
    if (error)
      return fail(codes::TLS_CERTIFICATE, trust.ca_file->string(),
                  " holds no certificates in PEM form that can be read: ", error.message());
  } else if (trust.verify) {
    // Without a system store nothing is trusted, and the handshake says so.
    tls->set_default_verify_paths(error);
  }
  return tls;
}

Result<void> ClientConnection::open(const ServerUrl& server, const ServerTrust& trust, Deadline deadline) {
  DialTarget target;
  target.host = server.host;
  target.port = server.port;
  target.verify_certificate = trust.verify;
  VCNODE_TRY(target.tls, tls_context(trust));
  const auto failure = dial(std::move(target), server.authority, deadline);
  if (!failure) return {};
  if (failure->stage == DialFailure::Stage::deadline) return fail(codes::HTTP_TIMEOUT, failure->reason);
  const bool no_tls = failure->stage == DialFailure::Stage::tls;
  return broken(no_tls ? codes::HTTP_PROTOCOL : codes::HTTP_UNREACHABLE, failure->reason);
}

std::optional<DialFailure> ClientConnection::dial(DialTarget target, std::string name, Deadline deadline) {
  close();
  server_name_ = std::move(name);
  auto outcome = std::make_shared<DialOutcome>();
  const Operation operation;
  // A second of grace: at the deadline finish() speaks, not the dialing.
  const auto dial_until = deadline.at + std::chrono::seconds(1);
  const auto dialing = Dialing::start(context_.get_executor(), gate_, std::move(target), dial_until,
                                      [outcome, done = operation.callback()](DialOutcome result) {
                                        *outcome = std::move(result);
                                        done({}, 0);
                                      });
  if (const auto finished = finish(operation, deadline); !finished) {
    dialing->cancel();
    return DialFailure{DialFailure::Stage::deadline, finished.error().message};
  }
  if (auto* failure = std::get_if<DialFailure>(outcome.get())) return std::move(*failure);
  channel_ = std::get<std::shared_ptr<Channel>>(std::move(*outcome));
  return std::nullopt;
}

Result<void> ClientConnection::open(const std::filesystem::path& socket) {
  close();
  server_name_ = socket.string();
  // Asio's endpoint throws on longer ones.
  if (server_name_.size() >= 108)
    return broken(codes::HTTP_UNREACHABLE, "the path of a socket has at most 107 bytes");
  const asio::local::stream_protocol::endpoint endpoint(socket.native());
  UnixSocket connection(context_.get_executor());
  ErrorCode error;
  connection.open(endpoint.protocol(), error);
  if (!error) connection.non_blocking(true, error);
  // Not Asio's connect: it takes a full backlog (EAGAIN) for a connection under way.
  if (!error &&
      ::connect(connection.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    error = ErrorCode(errno, boost::system::system_category());
  }
  if (error) return broken(codes::HTTP_UNREACHABLE, "cannot connect: ", error.message());
  channel_ = plain_channel(std::move(connection));
  return {};
}

Result<void> ClientConnection::send(const std::string& bytes, Deadline deadline) {
  const Operation operation;
  operation.state->data = bytes;
  channel_->write({asio::buffer(operation.state->data), {}}, operation.callback());
  // An error here may come with an answer that was sent early, such as 413: reading tells.
  return finish(operation, deadline);
}

Result<HttpResponse> ClientConnection::receive(const ClientRequest& request, Deadline deadline) {
  ResponseReader reader(request);
  bool got_some = false;
  for (;;) {
    const Operation operation;
    operation.state->data.resize(kReadBytes);
    channel_->read_some(asio::buffer(operation.state->data), operation.callback());
    VCNODE_CHECK(finish(operation, deadline));
    const ErrorCode error = operation.state->error;
    bool complete = false;
    if (error) {
      was_stale_ = !got_some && is_end(error);
      complete = got_some && reader.end(error);
      if (!complete)
        return broken(codes::HTTP_PROTOCOL, "the connection ended before the answer: ", error.message());
    } else {
      got_some = true;
      operation.state->data.resize(operation.state->size);
      auto fed = reader.feed(operation.state->data);
      if (!fed) return broken(fed.error().code, fed.error().message);
      complete = *fed;
    }
    if (!complete) continue;
    if (error || !reader.keep_alive()) close();
    return reader.take();
  }
}

Result<HttpResponse> ClientConnection::exchange(const ClientRequest& request, Deadline deadline) {
  was_stale_ = false;
  VCNODE_CHECK(send(request.text, deadline));
  return receive(request, deadline);
}

}  // namespace vcnode::node
