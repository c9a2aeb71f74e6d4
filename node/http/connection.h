// Connection: one client from accept to close: handshake, then request after request.
//
// One timer holds the limit of the phase; when it fires in header or body the client is told (408), elsewhere
// the connection just ends. Every refusal is answered and then closed, because what follows on the connection
// can no longer be told apart from the request that was refused.
// Threading: the loop's thread; only the Respond it hands out may be called elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "node/http/request_reader.h"
#include "node/http/response_text.h"
#include "node/http/server_state.h"
#include "node/net/channel.h"

namespace vcnode::node {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class Kind : unsigned char { served, turned_away };
  Connection(std::shared_ptr<ServerShared> shared, std::shared_ptr<Channel> channel, Transport transport,
             std::string remote, Kind kind);

  void start();
  void drain();    // ends when the request being served is answered; at once if there is none
  void abandon();  // at once
  [[nodiscard]] Transport transport() const noexcept { return transport_; }
  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  enum class Phase : unsigned char { handshake, idle, header, body, handling, writing, closing, gone };
  friend class PendingAnswer;

  void enter(Phase phase, std::int64_t limit_ms);
  void on_time_out();
  void on_handshake(ErrorCode error);
  void next_request();
  void read_more();
  void on_read(ErrorCode error, std::size_t size);
  void advance();
  void on_header();
  void ask_for_body();
  void read_body();
  void upgrade();
  void dispatch();
  void refuse(const Refusal& refusal);
  void refuse(unsigned status, Code code, const std::string& sentence);
  void answer(const HttpResponse& response, bool keep_alive);
  void send(std::string text, std::function<void()> then);
  void finish();

  std::shared_ptr<ServerShared> shared_;
  std::shared_ptr<Channel> channel_;
  Transport transport_;
  std::string remote_;
  Kind kind_;
  Phase phase_ = Phase::handshake;
  Timer timer_;
  std::uint64_t timer_round_ = 0;
  bool sending_ = false;
  bool to_head_ = false;
  std::uint64_t request_number_ = 0;  // an answer to an earlier request is not one to this
  std::array<char, 16 * 1024> chunk_;
  std::string input_;
  std::string output_;
  std::optional<RequestReader> reader_;
};

}  // namespace vcnode::node
