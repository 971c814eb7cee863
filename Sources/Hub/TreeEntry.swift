import Domain
import JSONText

/// One entry of a tree; `file` is nil for directories and kinds that we do not know.
struct TreeEntry: HubRow {
  let file: ModelFile?

  private enum Member: String, CaseIterable, Sendable { case type, path, size, oid, lfs }
  private enum LFSMember: String, CaseIterable, Sendable { case oid, size }

  private struct LFS {
    var oid: String?
    var size: Int64?
  }

  private static let members = Members<Member>()
  private static let lfsMembers = Members<LFSMember>()

  /// What is wrong counts only when the entry turns out to be a file.
  init(_ cursor: inout JSONCursor, fault: inout RowFault) throws(JSONError) {
    var seen: UInt64 = 0
    var type: String? = "file"
    var path: RepoPath?
    var size: Int64?
    var oid: String?
    var lfs: LFS?
    var isInLFS = false
    try cursor.enterObject()
    while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
      fault = .bad(member.rawValue)
      if try cursor.readNull() { continue }
      switch member {
      case .type: type = try cursor.readString()
      case .path: path = try cursor.lenientString().flatMap(RepoPath.init)
      case .size: size = try cursor.lenientCount()
      case .oid: oid = try cursor.lenientString()
      case .lfs:
        isInLFS = true
        lfs = try cursor.lenient(Self.lfs)
      }
    }
    guard type == "file" else {
      file = nil
      return
    }
    func wrong(_ member: Member) -> RowFault {
      seen & Self.members.bit(member) == 0 ? .missing(member.rawValue) : .bad(member.rawValue)
    }
    fault = wrong(.path)
    guard let path else { throw cursor.senseless() }
    fault = wrong(.size)
    guard let size else { throw cursor.senseless() }
    if isInLFS {
      // The size is told twice; two answers are none.
      guard lfs?.size ?? size == size else { throw cursor.senseless() }
      fault = wrong(.lfs)
      guard let digits = lfs?.oid, Hexadecimal.isHexadecimal(digits, count: 64) else { throw cursor.senseless() }
      file = ModelFile(path: path, size: size, hash: .sha256(digits))
    } else {
      fault = wrong(.oid)
      guard let oid, Hexadecimal.isHexadecimal(oid, count: 40) else { throw cursor.senseless() }
      file = ModelFile(path: path, size: size, hash: .gitBlob(oid))
    }
  }

  private static func lfs(_ cursor: inout JSONCursor) throws(JSONError) -> LFS {
    var seen: UInt64 = 0
    var lfs = LFS()
    try cursor.enterObject()
    while let member = try cursor.nextMember(of: lfsMembers, seen: &seen) {
      switch member {
      case .oid: lfs.oid = try cursor.readString()
      case .size: lfs.size = try cursor.readNull() ? nil : try cursor.readCount()
      }
    }
    return lfs
  }
}
