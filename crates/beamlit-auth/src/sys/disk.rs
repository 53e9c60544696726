//! What a file system cannot do.

/// What is missing where a store lies. The default is a disk that lacks nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Disk {
    /// Other hosts write it as well: its kind, for people.
    pub(crate) network: Option<&'static str>,
    /// Nothing can be locked there.
    pub(crate) has_no_locks: bool,
    /// No file can have a second name.
    pub(crate) has_no_links: bool,
    /// This user cannot make files there.
    pub(crate) is_read_only: bool,
}

/// File systems by the kernel's number of them (statfs, `f_type`): those that other hosts may write too.
#[cfg(target_os = "linux")]
const NETWORK: &[(u32, &str)] = &[
    (0x6969, "nfs"),
    (0x517b, "smb"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x5346_414f, "afs"),
    (0x6b41_4653, "afs"),
    (0x7375_7245, "coda"),
    (0x00c3_6400, "ceph"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "fuse, which may be one"),
    (0x0bd0_0bd0, "lustre"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0x4750_4653, "gpfs"),
];

/// Those that have no hard links.
#[cfg(target_os = "linux")]
const WITHOUT_LINKS: &[u32] = &[0x4d44, 0x2011_bab0];

#[cfg(target_os = "linux")]
impl Disk {
    /// What the kernel's number of a file system says.
    pub(super) fn of_kind(number: u32) -> Self {
        let network = NETWORK.iter().find(|(kind, _)| *kind == number).map(|(_, name)| *name);
        Self { network, has_no_links: WITHOUT_LINKS.contains(&number), ..Self::default() }
    }
}
