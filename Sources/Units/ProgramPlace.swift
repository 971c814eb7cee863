import Glibc

/// Whether the system's units can start a program where it lies.
public enum ProgramPlace {
  /// Places that the units hide from the program (`ProtectHome=`, `PrivateTmp=`) or forbid to run anything from (`NoExecPaths=`).
  private static let outOfReach = ["/home", "/root", "/run", "/tmp", "/var", "/dev"]

  /// Checks the place of a program and who may change it.
  ///
  /// - Parameter path: absolute, without symbolic links.
  /// - Throws: `UnitError.programOutOfReach`.
  public static func check(_ path: String) throws(UnitError) {
    if let place = outOfReach.first(where: { path.hasPrefix("\($0)/") }) {
      throw .programOutOfReach(path, reason: "they run nothing below \(place)")
    }
    // What root starts must not be what others can write.
    var part = path
    while true {
      var info = stat()
      guard stat(part.isEmpty ? "/" : part, &info) == 0 else {
        throw .programOutOfReach(path, reason: "\(part): \(String(cString: strerror(errno)))")
      }
      let isShared = info.st_mode & 0o022 != 0 && info.st_mode & S_ISVTX == 0
      if info.st_uid != 0 || isShared {
        throw .programOutOfReach(path, reason: "others than root can change \(part.isEmpty ? "/" : part)")
      }
      guard !part.isEmpty, let slash = part.lastIndex(of: "/") else { return }
      part = String(part[..<slash])
    }
  }
}
