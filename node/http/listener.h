// Listeners: the TLS port and the admin socket.
//
// Accepting never spins: when the process is out of descriptors or memory the listener rests for
// kAcceptRestMs. The admin socket keeps one descriptor in reserve, so that an operator can still ask a node
// what is wrong with it when connections have used up all others. Threading: the loop's thread.
#pragma once

#include <sys/types.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "crypto/base/result.h"
#include "node/net/native.h"

namespace vcnode::node {

inline constexpr std::int64_t kAcceptRestMs = 100;

// One descriptor that can be given up and taken back.
class SpareDescriptor {
 public:
  SpareDescriptor() { take_back(); }
  SpareDescriptor(const SpareDescriptor&) = delete;
  SpareDescriptor& operator=(const SpareDescriptor&) = delete;
  ~SpareDescriptor() { give_up(); }
  bool give_up() noexcept;  // false if there is none to give
  void take_back() noexcept;

 private:
  int number_ = -1;
};

template <class Protocol>
class Listener : public std::enable_shared_from_this<Listener<Protocol>> {
 public:
  using Acceptor = asio::basic_socket_acceptor<Protocol, Executor>;
  using Socket = asio::basic_stream_socket<Protocol, Executor>;
  using OnSocket = std::function<void(Socket, const typename Protocol::endpoint&)>;

  explicit Listener(Executor executor) : acceptor_(executor), rest_(executor) {}
  [[nodiscard]] Acceptor& acceptor() noexcept { return acceptor_; }
  // `spare` may be nullptr; it is given up when descriptors are short, and `on_shortage` is called when that
  // does not help.
  void start(OnSocket on_socket, std::shared_ptr<SpareDescriptor> spare, std::function<void()> on_shortage);
  void close();

 private:
  void wait();
  void accept_waiting();
  void rest();

  Acceptor acceptor_;
  Timer rest_;
  OnSocket on_socket_;
  std::shared_ptr<SpareDescriptor> spare_;
  std::function<void()> on_shortage_;
};
using TcpListener = Listener<asio::ip::tcp>;
using UnixListener = Listener<asio::local::stream_protocol>;

// LISTEN_FAILED, naming address and reason.
[[nodiscard]] Result<std::shared_ptr<TcpListener>> listen_tcp(const Executor& executor,
                                                              const std::string& address, std::uint16_t port);

// A Unix socket that only this user may connect to; removed with the object.
class AdminSocket {
 public:
  // LISTEN_FAILED; ADMIN_SOCKET_BUSY if a process answers there. A socket that nobody answers on is removed.
  [[nodiscard]] static Result<std::unique_ptr<AdminSocket>> open(const Executor& executor,
                                                                 const std::filesystem::path& path);
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;
  ~AdminSocket();
  [[nodiscard]] UnixListener& listener() noexcept { return *listener_; }

 private:
  AdminSocket(std::shared_ptr<UnixListener> listener, std::filesystem::path path, ino_t inode)
      : listener_(std::move(listener)), path_(std::move(path)), inode_(inode) {}
  std::shared_ptr<UnixListener> listener_;
  std::filesystem::path path_;
  ino_t inode_;
};

}  // namespace vcnode::node
