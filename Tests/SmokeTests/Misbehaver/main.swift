import Domain
import Foundation
import Glibc
import Smoke

// A process that runs a model, taken over by it: confined as the real one, it does what the model's file is named after.

/// A function of the C library that Swift does not let through.
func function<Type>(_ name: String, as type: Type.Type) -> Type? {
  dlsym(nil, name).map { unsafeBitCast($0, to: type) }
}

typealias Fork = @convention(c) () -> Int32
typealias SystemCall = @convention(c) (Int, Int, Int, Int, Int) -> Int

func systemCall(_ number: Int, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0) -> Int {
  function("syscall", as: SystemCall.self)?(number, first, second, third, 0) ?? -1
}

/// System calls by their numbers.
enum Number {
  static let ioUringSetup = 425
  #if arch(x86_64)
    static let trace = 101
    static let unshare = 272
    static let readMemory = 310
  #else
    static let trace = 117
    static let unshare = 97
    static let readMemory = 270
  #endif
}

/// An honest-looking answer with a remark.
func report(_ remark: String, _ walls: [String]) -> SmokeReport {
  var report = SmokeReport(path: "", verdict: .pass, reasons: [])
  report.text = remark
  report.isolation = walls
  return report
}

func print(_ text: String, to descriptor: Int32) {
  let bytes = Array(text.utf8)
  _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}

/// Whether a file can be read, as an answer.
func reading(_ path: String, _ walls: [String]) -> Never {
  let descriptor = open(path, O_RDONLY)
  SmokeChild.answer(report(descriptor >= 0 ? "open" : "errno \(errno)", walls))
}

func recursion(_ depth: Int) -> Int {
  var room = [depth, depth + 1]
  room.withUnsafeMutableBufferPointer { $0[0] = recursion(depth + 1) }
  return room[0] + room[1]
}

func misbehave(_ deed: String, _ folder: String, _ walls: [String]) {
  switch deed {
  case "answer": SmokeChild.answer(report("here I am", walls))
  case "allocate":
    var taken: [UnsafeMutableRawPointer] = []
    while let memory = malloc(1 << 20) {
      memset(memory, 1, 1 << 20)
      taken.append(memory)
    }
  case "allocate-at-once":
    let memory = mmap(nil, 1 << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    SmokeChild.answer(report(memory == MAP_FAILED ? "refused" : "given", walls))
  case "threads":
    while true {
      let thread = Thread { while true { sleep(60) } }
      thread.stackSize = 64 << 10
      thread.start()
    }
  case "recursion": SmokeChild.answer(report("\(recursion(0))", walls))
  case "fork": _ = function("fork", as: Fork.self)?()
  case "spawn":
    var pid = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/true"), nil]
    _ = posix_spawn(&pid, "/bin/true", nil, nil, &arguments, nil)
  case "execute":
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/true"), nil]
    _ = execv("/bin/true", &arguments)
  case "write": _ = creat("\(folder)/written", 0o600)
  case "write-elsewhere": _ = open("/tmp", O_WRONLY)
  case "delete": _ = unlink("\(folder)/\(deed).gguf")
  case "rename": _ = rename("\(folder)/\(deed).gguf", "\(folder)/written")
  case "chmod": _ = chmod("\(folder)/\(deed).gguf", 0o777)
  case "tcp": _ = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  case "udp": _ = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
  case "unix": _ = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  case "ring": _ = systemCall(Number.ioUringSetup, 8)
  case "namespace": _ = systemCall(Number.unshare, 0x1000_0000)
  case "user": _ = setuid(65_534)
  case "kill-parent": _ = kill(getppid(), SIGKILL)
  case "look-into-parent": _ = systemCall(Number.readMemory, Int(getppid()))
  case "trace-parent": _ = systemCall(Number.trace, 16, Int(getppid()))
  case "executable-memory":
    _ = mmap(nil, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  case "make-executable":
    let memory = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    _ = mprotect(memory, 4096, PROT_READ | PROT_EXEC)
  case "deaf":
    signal(SIGSYS, SIG_IGN)
    _ = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  case "read-passwords": reading("/etc/passwd", walls)
  case "read-neighbour": reading("\(folder)/neighbour.gguf", walls)
  case "read-itself": reading("\(folder)/\(deed).gguf", walls)
  case "list": reading(folder, walls)
  case "sleep": while true { sleep(60) }
  case "spin": while true {}
  case "print": while true { print(String(repeating: "All work and no play. ", count: 1000), to: STDOUT_FILENO) }
  case "complain":
    let complaint = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    for _ in 0..<1000 { _ = write(STDERR_FILENO, complaint, complaint.count) }
  case "rubbish": print("rubbish\u{0}\u{FFFD}\n", to: STDOUT_FILENO)
  case "begin-an-answer":
    print("{\"schema\":\"hubwatch.smoke/1\",\"path\":", to: STDOUT_FILENO)
    abort()
  case "answer-and-crash":
    if let answer = try? JSONEncoder().encode(report("all is well", walls)) {
      print(String(decoding: answer, as: UTF8.self) + "\n", to: STDOUT_FILENO)
    }
    abort()
  default:
    if deed.hasPrefix("signal-"), let number = Int32(deed.dropFirst(7)) {
      // What cannot be sent to oneself by kill() is done.
      if number == SIGSEGV { UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1 }
      kill(getpid(), number)
      sleep(60)
    }
  }
}

do {
  let request = try SmokeChild.begin()
  let file = URL(fileURLWithPath: request.path)
  let folder = file.deletingLastPathComponent().path
  // Before the walls are up, so that the test can see that nothing is left.
  try "\(getpid())".write(toFile: "\(folder)/pid", atomically: false, encoding: .utf8)
  misbehave(file.deletingPathExtension().lastPathComponent, folder, try SmokeChild.enter(request))
  exit(3)
} catch {
  print("\(error)\n", to: STDERR_FILENO)
  exit(4)
}
