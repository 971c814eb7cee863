import Glibc

/// The text of an errno.
func errorText(_ code: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
  let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  return text.isEmpty ? "error \(code)" : String(decoding: text, as: UTF8.self)
}

/// Writes a folder's entries to disk, so that a rename in it survives a power failure.
func syncFolder(_ path: String) throws(DownloadError) {
  let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .system("open", path, errno) }
  defer { close(descriptor) }
  guard fsync(descriptor) == 0 else { throw .system("fsync", path, errno) }
}

/// The bytes that a file takes on disk or has in it, whichever is more; 0 when there is none.
///
/// A file whose blocks are reserved takes more than it has, and one on a compressing file system less.
func allocatedSize(_ path: String) -> Int64 {
  var info = stat()
  guard stat(path, &info) == 0 else { return 0 }
  return max(Int64(info.st_size), Int64(info.st_blocks) * 512)
}

/// The size of a regular file behind `path`, links followed; nil when there is none.
func regularFileSize(_ path: String) -> Int64? {
  var info = stat()
  guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
  return Int64(info.st_size)
}
