// The non-template parts of Asio and Beast, compiled once (BOOST_ASIO_SEPARATE_COMPILATION and its Beast
// twin).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
