"""
The kinds of file that a Koji hub imports, told by the file's suffix.

The 76 archive types of a hub between Koji 1.35 and 1.37, by getArchiveTypes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

_TABLE = """
jar|jar war rar ear sar jdocbook jdocbook-style|zip|Jar file
zip|zip|zip|Zip file
pom|pom||Maven Project Object Management file
tar|tar tar.gz tar.bz2 tar.xz tgz|tar|Tar file
xml|xml||XML file
xmlcompressed|xml.gz xml.bz2 xml.xz||Compressed XML file
xsd|xsd||XML Schema Definition
spec|spec||RPM spec file
exe|exe||Windows executable
dll|dll||Windows dynamic link library
lib|lib||Windows import library
sys|sys||Windows device driver
inf|inf||Windows driver information file
cat|cat||Windows catalog file
msi|msi||Windows Installer package
pdb|pdb||Windows debug information
oem|oem||Windows driver oem file
iso|iso||CD/DVD Image
raw|raw||Raw disk image
qcow|qcow||QCOW image
qcow2|qcow2||QCOW2 image
vmdk|vmdk||vSphere image
ova|ova||Open Virtualization Archive
ks|ks||Kickstart
cfg|cfg||Configuration file
vdi|vdi||VirtualBox Virtual Disk Image
aar|aar||Binary distribution of an Android Library project
apklib|apklib||Source distribution of an Android Library project
cab|cab||Windows cabinet file
dylib|dylib||OS X dynamic library
gem|gem||Ruby gem
ini|ini||INI config file
js|js||Javascript file
ldif|ldif||LDAP Data Interchange Format file
manifest|manifest||Runtime environment for .NET applications
msm|msm||Windows merge module
properties|properties||Properties file
sig|sig signature||Signature file
so|so||Shared library
txt|txt||Text file
vhd|vhd||Hyper-V image
vhdx|vhdx||Hyper-V Virtual Hard Disk v2 image
wsf|wsf||Windows script file
box|box||Vagrant Box Image
raw-xz|raw.xz||xz compressed raw disk image
json|json||JSON data
key|key||Key file
dot|dot gv||DOT graph description
groovy|groovy gvy||Groovy script file
batch|bat||Batch file
shell|sh||Shell script
rc|rc||Resource file
wsdl|wsdl||Web Services Description Language
obr|obr||OSGi Bundle Repository
liveimg-squashfs|liveimg.squashfs||liveimg compatible squashfs image
tlb|tlb||OLE type library file
jnilib|jnilib||Java Native Interface library
yaml|yaml yml||YAML Ain't Markup Language
xjb|xjb||JAXB(Java Architecture for XML Binding) Binding Customization File
raw-gz|raw.gz||GZIP compressed raw disk image
qcow2-compressed|qcow2.gz qcow2.xz||Compressed QCOW2 image
iso-compressed|iso.gz iso.xz||Compressed iso image
vhd-compressed|vhd.gz vhd.xz||Compressed VHD image
vhdx-compressed|vhdx.gz vhdx.xz||Compressed VHDx image
vmdk-compressed|vmdk.gz vmdk.xz||Compressed VMDK image
kernel-image|vmlinuz vmlinuz.gz vmlinuz.xz||Kernel BZ2 Image
initramfs|img||Compressed Initramfs Image
checksum|sha256||Checksum file
changes|changes.xz changes||Kiwi changes file
packages|packages||Kiwi packages listing
verified|verified||Kiwi verified package list
erofs|erofs||erofs image
erofs-compressed|erofs.gz erofs.xz||Compressed erofs image
squashfs|squashfs||SquashFS image
squashfs-compressed|squashfs.gz squashfs.xz||Compressed SquashFS image
wsl|wsl||Compressed tarball for Windows Subsystem for Linux
"""


@dataclass(frozen=True)
class ArchiveType:
    """An archive type, and the suffixes, without a leading dot, of its files."""

    id: int
    name: str
    extensions: Tuple[str, ...]
    compression: Optional[str]
    description: str

    def to_wire(self) -> Dict[str, Any]:
        """Return the entry of getArchiveTypes."""
        return {
            "compression_type": self.compression,
            "description": self.description,
            "extensions": " ".join(self.extensions),
            "id": self.id,
            "name": self.name,
        }


def _read() -> Tuple[ArchiveType, ...]:
    types = []
    for number, line in enumerate(_TABLE.strip().splitlines(), 1):
        name, extensions, compression, description = line.split("|")
        suffixes = tuple(extensions.split())
        types.append(ArchiveType(number, name, suffixes, compression or None, description))
    return tuple(types)


ARCHIVE_TYPES = _read()
_BY_SUFFIX = {suffix: kind for kind in ARCHIVE_TYPES for suffix in kind.extensions}


def archive_type(filename: str) -> Optional[ArchiveType]:
    """Return the type of a file: that of the longest suffix a type has; case does not matter."""
    parts = filename.lower().split(".")
    for start in range(1, len(parts)):
        found = _BY_SUFFIX.get(".".join(parts[start:]))
        if found is not None:
            return found
    return None
