#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <pawl/ids.hpp>

#include "actors/mail.hpp"
#include "actors/reply.hpp"
#include "persistence/blobs.hpp"

/// The messages of the blob keeper.
namespace pawl::actors {

/// Write a chunk of an upload. The next one is sent after the answer.
struct write_blob_chunk {
  scope_name scope;
  std::string content;  ///< of the chunks of this upload
  std::uint32_t number = 0;
  std::shared_ptr<const std::string> bytes;
  reply<void> answer;
};
/// Make a blob of the chunks of an upload, and of a last one. Answered with the blob that the scope
/// has then.
struct finish_blob {
  persistence::blob_key key;
  persistence::blob_head head;
  std::shared_ptr<const std::string> last;  ///< empty: the blob is
  reply<persistence::blob_head> answer;
};
/// The blob keeper to itself: continue to read a blob that was sent again.
struct verify_blob {
  persistence::blob_key key;
};
/// An upload has ended without a blob: delete its chunks.
struct drop_blob_upload {
  scope_name scope;
  std::string content;
};
/// The blob keeper to itself: look for blobs and chunks to delete, as the settings say.
struct sweep_blobs {};
/// The blob keeper to itself: continue to do so.
struct continue_blob_sweep {};

}  // namespace pawl::actors

#define PAWL_LOCAL_MESSAGE(type) PAWL_MESSAGE_TYPE(pawl::actors::type)
PAWL_LOCAL_MESSAGE(write_blob_chunk)
PAWL_LOCAL_MESSAGE(finish_blob)
PAWL_LOCAL_MESSAGE(verify_blob)
PAWL_LOCAL_MESSAGE(drop_blob_upload)
PAWL_LOCAL_MESSAGE(sweep_blobs)
PAWL_LOCAL_MESSAGE(continue_blob_sweep)
#undef PAWL_LOCAL_MESSAGE
