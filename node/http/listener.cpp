#include "node/http/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "node/net/codes.h"

namespace vcnode::node {
namespace {

// After so many in a row the loop gets to do something else.
constexpr int kAcceptBatch = 32;

bool is_shortage(ErrorCode error) {
  const int number = error.value();
  return number == EMFILE || number == ENFILE;
}

Failure cannot_listen(std::string_view where, std::string_view why) {
  return fail(codes::LISTEN_FAILED, "cannot listen at ", where, ": ", why);
}

std::string system_text(int number) {
  return std::generic_category().message(number);
}

enum class Occupant : unsigned char { none, stale, alive };

Result<Occupant> who_is_at(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return Occupant::none;
    return cannot_listen(path.string(), system_text(errno));
  }
  if (!S_ISSOCK(status.st_mode)) return cannot_listen(path.string(), "something that is no socket is there");
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return cannot_listen(path.string(), system_text(errno));
  const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int number = connected == 0 ? 0 : errno;
  ::close(probe);
  if (number == ECONNREFUSED) return Occupant::stale;
  if (number == 0 || number == EAGAIN) return Occupant::alive;  // EAGAIN: its backlog is full
  return cannot_listen(path.string(), system_text(number));
}

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.empty() || text.size() >= sizeof address.sun_path) {
    return cannot_listen(text, concat("the path has ", text.size(), " bytes, the system's limit is ",
                                      sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

}  // namespace

bool SpareDescriptor::give_up() noexcept {
  if (number_ < 0) return false;
  ::close(std::exchange(number_, -1));
  return true;
}

void SpareDescriptor::take_back() noexcept {
  if (number_ < 0) number_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

template <class Protocol>
void Listener<Protocol>::start(OnSocket on_socket, std::shared_ptr<SpareDescriptor> spare,
                               std::function<void()> on_shortage) {
  on_socket_ = std::move(on_socket);
  spare_ = std::move(spare);
  on_shortage_ = std::move(on_shortage);
  wait();
}

template <class Protocol>
void Listener<Protocol>::close() {
  ErrorCode ignored;
  acceptor_.close(ignored);
  rest_.cancel();
  on_socket_ = nullptr;
  on_shortage_ = nullptr;
}

template <class Protocol>
void Listener<Protocol>::wait() {
  acceptor_.async_wait(Acceptor::wait_read, [self = this->shared_from_this()](ErrorCode error) {
    if (!error && self->acceptor_.is_open()) self->accept_waiting();
  });
}

template <class Protocol>
void Listener<Protocol>::accept_waiting() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    ErrorCode error;
    typename Protocol::endpoint remote;
    Socket socket(acceptor_.get_executor());
    acceptor_.accept(socket, remote, error);
    if (is_shortage(error) && spare_ && spare_->give_up()) acceptor_.accept(socket, remote, error);
    if (error == asio::error::would_block) break;
    if (error == asio::error::connection_aborted || error == asio::error::interrupted) continue;
    if (is_shortage(error)) on_shortage_();
    if (error) return rest();
    on_socket_(std::move(socket), remote);
    if (!acceptor_.is_open()) return;
  }
  wait();
}

template <class Protocol>
void Listener<Protocol>::rest() {
  rest_.expires_after(std::chrono::milliseconds(kAcceptRestMs));
  rest_.async_wait([self = this->shared_from_this()](ErrorCode error) {
    if (!error && self->acceptor_.is_open()) self->wait();
  });
}

template class Listener<asio::ip::tcp>;
template class Listener<asio::local::stream_protocol>;

Result<std::shared_ptr<TcpListener>> listen_tcp(const Executor& executor, const std::string& address,
                                                std::uint16_t port) {
  const std::string where = concat(address, " port ", port);
  ErrorCode error;
  const auto parsed = asio::ip::make_address(address, error);
  if (error) return cannot_listen(where, "the address is neither IPv4 nor IPv6");
  const asio::ip::tcp::endpoint endpoint(parsed, port);
  auto listener = std::make_shared<TcpListener>(executor);
  auto& acceptor = listener->acceptor();
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(TcpListener::Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(TcpListener::Acceptor::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return cannot_listen(where, error.message());
  return listener;
}

Result<std::unique_ptr<AdminSocket>> AdminSocket::open(const Executor& executor,
                                                       const std::filesystem::path& path) {
  VCNODE_TRY(const sockaddr_un address, address_of(path));
  VCNODE_TRY(const Occupant occupant, who_is_at(path, address));
  if (occupant == Occupant::alive) {
    return fail(codes::ADMIN_SOCKET_BUSY, "another process answers at ", path.string());
  }
  if (occupant == Occupant::stale) ::unlink(path.c_str());

  auto listener = std::make_shared<UnixListener>(executor);
  auto& acceptor = listener->acceptor();
  ErrorCode error;
  acceptor.open(asio::local::stream_protocol(), error);
  // Before bind: on Linux the file then never has wider permissions, not even for a moment.
  if (!error && ::fchmod(acceptor.native_handle(), 0600) != 0)
    error = ErrorCode(errno, boost::system::system_category());
  if (!error) acceptor.bind(asio::local::stream_protocol::endpoint(path.native()), error);
  if (!error) acceptor.listen(UnixListener::Acceptor::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  struct stat status {};
  if (!error && ::lstat(path.c_str(), &status) != 0)
    error = ErrorCode(errno, boost::system::system_category());
  if (error) return cannot_listen(path.string(), error.message());
  return std::unique_ptr<AdminSocket>(new AdminSocket(std::move(listener), path, status.st_ino));
}

AdminSocket::~AdminSocket() {
  listener_->close();
  // Only ours: another node may have put its own there since.
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace vcnode::node
