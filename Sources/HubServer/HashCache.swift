import Checksums
import Domain

/// Hashes of files, each computed once for a path, size and time of change.
actor HashCache {
  private struct Entry {
    let file: FoundFile
    let task: Task<ContentHash, any Error>
  }

  private struct Key: Hashable {
    let location: String
    let isLFS: Bool
  }

  private var entries: [Key: Entry] = [:]

  /// The SHA-256 (`isLFS`) or git blob SHA-1 of a file's content. Callers who ask at the same time share the work.
  ///
  /// - Throws: `HubServerError.unreadable`.
  func hash(_ file: FoundFile, isLFS: Bool) async throws -> String {
    let key = Key(location: file.location, isLFS: isLFS)
    if let entry = entries[key], entry.file.size == file.size, entry.file.modified == file.modified {
      return try await entry.task.value.description
    }
    let task = Task { try await Self.compute(file, isLFS: isLFS) }
    entries[key] = Entry(file: file, task: task)
    do {
      return try await task.value.description
    } catch {
      // A failure is not remembered: the file may be readable the next time.
      if entries[key]?.task == task { entries[key] = nil }
      throw error
    }
  }

  private static func compute(_ file: FoundFile, isLFS: Bool) async throws -> ContentHash {
    let kind: ContentHash = isLFS ? .sha256("") : .gitBlob("")
    let open = try OpenFile(file.location)
    let checksum = try Checksum(for: kind, size: file.size)
    var offset: Int64 = 0
    while offset < file.size {
      let bytes = try open.read(at: offset, count: Int(min(1 << 20, file.size - offset)))
      bytes.withUnsafeBytes { checksum.update($0) }
      offset += Int64(bytes.count)
      // A big file must not keep the machine's few threads from answering requests.
      await Task.yield()
    }
    return checksum.finish()
  }
}
