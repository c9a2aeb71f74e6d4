// gzip as other software writes it, for tests of the decoder.
#pragma once

#include <zlib.h>

#include <string>

#include "crypto/base/assert.h"
#include "crypto/base/bytes.h"
#include "crypto/base/encoding.h"

namespace vcnode::test {

struct GzipOptions {
  int level = 9;
  bool with_name = false;  // a file name in the header, as the gzip program writes it
};

inline Bytes gzip(BytesView plain, GzipOptions options = {}) {
  z_stream stream{};
  VCNODE_ASSERT(deflateInit2(&stream, options.level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  gz_header header{};
  std::string name = "list.bin";
  header.name = reinterpret_cast<Bytef*>(name.data());
  header.time = 1'700'000'000;
  header.os = 3;
  if (options.with_name) VCNODE_ASSERT(deflateSetHeader(&stream, &header) == Z_OK);
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  Bytes out(deflateBound(&stream, plain.size()) + name.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  VCNODE_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string encoded_list(const Bytes& compressed) {
  return multibase_encode(Multibase::base64url, compressed);
}

}  // namespace vcnode::test
