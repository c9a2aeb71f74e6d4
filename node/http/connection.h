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

class PeerHub;

struct Client {
  Transport transport = Transport::tls;
  std::string remote;  // address:port
  AddressGroup group;  // empty for the admin socket
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `turned_away`: why it is not served, which is all it will be told. Numbers rise with time.
  Connection(std::shared_ptr<ServerShared> shared, std::shared_ptr<Channel> channel, Client client,
             std::uint64_t number, std::optional<std::string> turned_away);

  void start();
  void drain();    // ends when the request being served is answered; at once if there is none
  void abandon();  // at once
  // Whether it can end without an answer being lost that somebody works on.
  [[nodiscard]] bool may_be_interrupted() const noexcept;
  // Ends, with HTTP_CONNECTIONS_FULL if the client is in the middle of a request. No longer counts as served.
  void make_room(std::string why);
  [[nodiscard]] const Client& client() const noexcept { return client_; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] bool is_served() const noexcept { return !turned_away_; }

 private:
  enum class Phase : unsigned char { handshake, idle, header, body, handling, writing, closing, gone };
  friend class PendingAnswer;

  void enter(Phase phase, std::int64_t limit_ms);
  void arm();
  void on_timer();
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
  [[nodiscard]] std::optional<std::string> why_no_link(const PeerHub& hub) const;
  void dispatch();
  void refuse(const Refusal& refusal);
  void refuse(unsigned status, Code code, const std::string& sentence);
  void refuse_for_bytes(std::size_t bytes);
  void answer(HttpResponse response, bool keep_alive);
  void send(ResponseText text, std::function<void()> then);
  void finish();
  [[nodiscard]] bool has_room_for(std::size_t bytes) const;
  void hold(std::size_t bytes);

  std::shared_ptr<ServerShared> shared_;
  std::shared_ptr<Channel> channel_;
  Client client_;
  std::uint64_t number_;
  std::optional<std::string> turned_away_;
  Phase phase_ = Phase::handshake;
  Timer timer_;
  std::optional<Clock::time_point> deadline_;   // of the phase; none while a handler works
  std::optional<Clock::time_point> armed_for_;  // when the timer fires next; at the deadline or before
  bool sending_ = false;
  bool to_head_ = false;
  std::uint64_t request_number_ = 0;  // an answer to an earlier request is not one to this
  std::array<char, 16 * 1024> chunk_;
  std::string input_;
  std::string output_;
  std::optional<HttpResponse> answer_;  // whose content is sent after output_
  std::size_t held_bytes_ = 0;          // this connection's part of ServerShared::held_bytes
  std::optional<RequestReader> reader_;
};

}  // namespace vcnode::node
